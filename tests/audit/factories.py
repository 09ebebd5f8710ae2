"""Drafts, ledgers and bundles with defaults that a reader can trust."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine

from audit.bundle import write_bundle
from audit.checkpoint import SigningKey, sign_checkpoint
from audit.entry import Actor, Draft, Resource
from audit.events import Event, Outcome
from audit.ledger import Ledger, LedgerReader, Recorded
from runtime.database import writing
from tests.factories import a_database
from tests.fakes import PinnedClock

ORIGIN = "ledger.example/sealed-book"
AT = "2026-11-21T18:00:00.000000Z"
AGENT = Actor(kind="person", id="p-7f3a", role="agent", session="5e" * 32, amr=("pwd", "otp"))
WORKER = Actor(kind="service", id="worker", role="service")


def a_key(seed: int = 1, name: str = ORIGIN) -> SigningKey:
    """Return a signing key that is the same for the same seed."""
    return SigningKey(name, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


def a_draft(event: Event = Event.EXPORT_SENT, **fields: Any) -> Draft:
    """Return a draft of something done by the worker."""
    stated: dict[str, Any] = {
        "outcome": Outcome.DONE,
        "actor": WORKER,
        "client": "local:worker",
        "action": "SendBook",
        "resource": Resource(kind="export", id="e-01"),
    }
    return Draft(event=event, **(stated | fields))


def a_permit(event: Event = Event.EXPORT_REQUESTED, **fields: Any) -> Draft:
    """Return a draft of a decision that permitted."""
    stated: dict[str, Any] = {
        "outcome": Outcome.PERMIT,
        "actor": AGENT,
        "client": "192.0.2.7",
        "action": "RequestExport",
        "purpose": "service-delegated-consumers",
        "rules": (),
        "policy": "0c" * 32,
        "expires": "2026-11-21T18:05:00.000000Z",
        "agent": "0B65625",
    }
    return a_draft(event, **(stated | fields))


@dataclass
class ALedger:
    """A ledger in a fresh database, with everything that works on it."""

    engine: Engine
    clock: PinnedClock
    ledger: Ledger
    reader: LedgerReader

    def append(self, *drafts: Draft) -> list[Recorded]:
        """Append drafts in one transaction of their own."""
        with writing(self.engine) as connection:
            return self.ledger.append(connection, drafts)

    def checkpoint(self, key: SigningKey) -> str:
        """Sign the present head."""
        return sign_checkpoint(key.name, self.reader.head(), key)


def a_ledger(folder: Path, entries: int = 0) -> ALedger:
    """Return a ledger with some entries, each a second after the one before."""
    engine = a_database(folder)
    clock = PinnedClock()
    made = ALedger(engine, clock, Ledger(clock), LedgerReader(engine, clock))
    for _ in range(entries):
        made.append(a_permit())
        clock.advance(seconds=1)
    return made


@dataclass
class ABundle:
    """An evidence bundle on disk, with the key that signed it."""

    folder: Path
    key: SigningKey
    ledger: ALedger

    @property
    def lines(self) -> list[bytes]:
        """The lines of `entries.jsonl`, each with its newline."""
        return (self.folder / "entries.jsonl").read_bytes().splitlines(keepends=True)

    def rewrite(self, lines: Sequence[bytes]) -> None:
        """Replace the lines and leave the checkpoint as it is."""
        (self.folder / "entries.jsonl").write_bytes(b"".join(lines))


def a_bundle(folder: Path, entries: int = 7, *, redacted: Sequence[int] = ()) -> ABundle:
    """Return a bundle of a fresh ledger with some entries."""
    ledger, key = a_ledger(folder, entries), a_key()
    write_bundle(
        ledger.reader,
        folder / "bundle",
        key.verifier.text(),
        ledger.checkpoint(key),
        redacted=redacted,
    )
    return ABundle(folder / "bundle", key, ledger)
