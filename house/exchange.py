"""What comes from the exchange: by whose word, and where it lies.

Outside demo an extract and a roster come with a manifest that the exchange's pinned key signed
(`exchange.vkey` in the installation's folder, put there by `sealedbook snapshot trust`). A demo
takes them without; a manifest that is given is held to everywhere.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from pathlib import Path

from audit.entry import Resource
from audit.events import Event
from audit.key_history import digest_of_key
from audit.note import NoteError, VerifierKey
from house.founding import CONSOLE, OPERATOR
from house.wiring import House
from policies.gate import Who
from runtime.files import write_whole
from runtime.settings import Settings
from snapshot.age_source import AgeSource, is_age
from snapshot.bucket_source import BucketSource
from snapshot.manifest import Manifest, ManifestError, read_manifest
from snapshot.sources import FileSource, Source

VKEY_NAME = "exchange.vkey"
_BUCKET = "s3://"


class ExchangeError(Exception):
    """What should come from the exchange can't be believed or found; the message says what to do."""


def exchange_key(settings: Settings) -> VerifierKey | None:
    """Return the exchange's pinned key, None where none is pinned."""
    try:
        text = (settings.data / VKEY_NAME).read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    try:
        return VerifierKey.parse(text.removesuffix("\n"))
    except NoteError as error:
        raise ExchangeError(f"{VKEY_NAME} is no verifier key: {error}") from None


def pin_exchange(house: House, vkey: str) -> VerifierKey:
    """Pin the exchange's key for good, and record it; another one than is pinned is an error."""
    try:
        key = VerifierKey.parse(vkey.removesuffix("\n"))
    except NoteError as error:
        raise ExchangeError(f"the file holds no verifier key: {error}") from None
    pinned = exchange_key(house.settings)
    if pinned is not None and pinned != key:
        raise ExchangeError(
            f"another key is pinned already; to change it, remove {VKEY_NAME} from the installation's folder"
        )
    with house.gate.transaction(Who(actor=OPERATOR, client=CONSOLE)) as tx:
        resource = Resource(kind="key", id=f"sha256:{digest_of_key(key)}")
        tx.record(Event.COMMAND_ISSUED, "TrustExchange", resource)
    write_whole(house.settings.data / VKEY_NAME, f"{key.text()}\n")
    return key


def find_manifest(settings: Settings, path: Path | None) -> Manifest | None:
    """Return the manifest that stands for an extract or a roster, None where a demo has none."""
    key = exchange_key(settings)
    if path is None:
        if settings.mode == "demo":
            return None
        raise ExchangeError("outside demo the exchange's signed manifest is needed: give it with --manifest")
    if settings.mode != "demo" and key is None:
        raise ExchangeError(
            "the exchange's key isn't pinned yet; pin it with: sealedbook snapshot trust VKEY_FILE"
        )
    try:
        return read_manifest(path.read_text(encoding="utf-8"), key)
    except (ManifestError, UnicodeDecodeError) as error:
        raise ExchangeError(str(error)) from None


def check_roster(manifest: Manifest | None, file: Path) -> None:
    """Raise ExchangeError where a manifest is there and lists no file of this digest."""
    if manifest is None:
        return
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    if digest not in manifest.rows:
        raise ExchangeError("the manifest lists no file with the roster's digest")


def check_age(manifest: Manifest | None, now: datetime, days: int) -> None:
    """Raise ExchangeError where what a manifest speaks of is older than some days: it would hide who left."""
    if manifest is not None and now - manifest.as_of > timedelta(days=days):
        raise ExchangeError(
            f"the manifest is older than {days} days: ask the exchange for this week's roster"
        )


def file_of(source: Source) -> Path | None:
    """Return the file here that a source reads, sealed or not; None of a bucket's object or a query."""
    read = source.sealed if isinstance(source, AgeSource) else source
    return read.path if isinstance(read, FileSource) else None


def find_source(location: str, identity: Path | None) -> Source:
    """Return where an extract lies: a file, or `s3://bucket/key`; opened by `identity` where sealed."""
    try:
        source: Source = (
            BucketSource.parse(location) if location.startswith(_BUCKET) else FileSource(Path(location))
        )
    except ValueError as error:
        raise ExchangeError(str(error)) from None
    if not is_age(source):
        return source
    if identity is None:
        raise ExchangeError("the extract is sealed; name the importer's key with --identity")
    return AgeSource(source, identity)
