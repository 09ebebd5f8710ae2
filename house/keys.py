"""Change and destroy keys: each under a permit, each told by entries.

Laws
1. The order is: permit, vault, entries, files. A rotation that died on the way is put right by the
   next command here, before it does anything else: the files follow the vault.
2. Credentials lie beside the present ones as `….next` before the vault learns of them, so that
   there is none that it knows and nobody has.
3. A year's pseudonym key is destroyed when what it made has been kept for its term, and no sooner:
   here, in the gate's facts and in the vault.
"""

from __future__ import annotations

import secrets
from hashlib import sha256
from pathlib import Path

from audit.entry import Resource
from audit.events import Event
from audit.key_history import digest_of_key, read_history
from audit.note import NoteError, VerifierKey
from house.founding import VKEY_FILE, kept_vkey
from house.wiring import House
from policies.actions import Action
from policies.gate import Ask, Who
from policies.grant import Grant
from runtime.files import sync_folder, write_whole
from runtime.settings import Settings
from store.destruction import year_is_due
from vault.client import VaultClient
from vault.errors import Code, VaultRefusedError
from vault.rotation import Rotated
from vault.table import CallerKind

_CREDENTIAL_BYTES = 32
_OLDEST_YEAR = 2000
# The operator's comes last: while its next one lies there, the others' may be unfinished too.
_ORDER = (CallerKind.API, CallerKind.WORKER, CallerKind.OPERATOR)


class KeysError(Exception):
    """The key can't be changed or destroyed; the message says why and what to do."""


def rotate_wrapping(house: House, who: Who) -> str:
    """Have every secret wrapped under a fresh key; return its id."""
    settle(house, who)
    permit = _permit(house, who, Rotated.WRAPPING)
    made = house.vault.rotate_key(permit.index)
    _record(house, who, permit, Rotated.WRAPPING)
    return made["wrapping_key"]


def rotate_checkpoint(house: House, who: Who) -> str:
    """Have the signing key hand over to a fresh one; return the new vkey."""
    settle(house, who)
    permit = _permit(house, who, Rotated.CHECKPOINT)
    house.vault.rotate_key(permit.index)
    _follow_signing_key(house, who, permit)
    return kept_vkey(house.settings)


def rotate_credentials(house: House, who: Who) -> None:
    """Give every kind of caller another credential; who shows one from before is refused at once."""
    settle(house, who)
    fresh = {kind: secrets.token_hex(_CREDENTIAL_BYTES) for kind in CallerKind}
    for kind, text in fresh.items():
        path = house.settings.credential_path(kind.value)
        if not path.is_file():
            raise KeysError(f"{path} isn't here: change credentials where the folders of all callers are")
        write_whole(_next(path), f"{text}\n")
    permit = _permit(house, who, Rotated.CREDENTIALS)
    material = [f"{kind.value}:{sha256(text.encode()).hexdigest()}" for kind, text in fresh.items()]
    house.vault.rotate_key(permit.index, material)
    _adopt_credentials(house)
    _record(house, who, permit, Rotated.CREDENTIALS)


def take_recovery_key(house: House, who: Who, public: bytes) -> str:
    """Have the vault keep a copy of a fresh wrapping key for a recovery key; return the key's id."""
    settle(house, who)
    permit = _permit(house, who, Rotated.RECOVERY)
    made = house.vault.rotate_key(permit.index, [public.hex()])
    _record(house, who, permit, Rotated.RECOVERY, Rotated.WRAPPING)
    return made["wrapping_key"]


def destroy_year(house: House, who: Who, year: int) -> str:
    """Destroy a year's pseudonym key after its term; return the vault's signed record."""
    kept = house.policy.numbers.entries_kept_years
    if year < _OLDEST_YEAR or not year_is_due(year, house.clock.now(), kept):
        raise KeysError(f"pseudonyms of {year} are kept until the end of {year + kept}")
    name = f"year:{year}"
    resource = Resource(kind="key", id=name)
    with house.gate.transaction(who) as tx:
        permit = tx.decide(Ask(action=Action.DESTROY_OBJECT, resource=resource, claims={"objects": (name,)}))
    (record,) = house.vault.destroy(permit.index)
    with house.gate.transaction(who) as tx:
        tx.record(
            Event.OBJECT_DESTROYED,
            Action.DESTROY_OBJECT,
            resource,
            because=permit,
            objects=(name,),
            destroyed=sha256(record.encode()).hexdigest(),
        )
    return record


def key_history(house: House) -> str | None:
    """Return the text of the signing keys' history, or None while there was one key only.

    A ledger of a new origin begins a history of its own; the former one stays in its file till then.
    """
    return kept_history(house.settings)


def kept_history(settings: Settings) -> str | None:
    """Return the same for an installation that isn't opened."""
    try:
        text = settings.key_history.read_text(encoding="utf-8")
        return text if read_history(text).newest.text() == kept_vkey(settings) else None
    except (FileNotFoundError, NoteError):
        return None


def settle(house: House, who: Who) -> None:
    """Put right what a command that died has left: credentials half changed, a key file behind."""
    if _next(house.settings.credential_path(CallerKind.OPERATOR.value)).exists():
        _settle_credentials(house)
    if kept_vkey(house.settings) != house.vault.status().vkey:
        _follow_signing_key(house, who, None)


def _permit(house: House, who: Who, key: Rotated) -> Grant:
    resource = Resource(kind="key", id=key.value)
    with house.gate.transaction(who) as tx:
        pending = tx.decide(Ask(action=Action.ROTATE_KEY, resource=resource))
    return pending.grant()


def _record(house: House, who: Who, permit: Grant, *keys: Rotated) -> None:
    """Record that keys were changed and what they were before is destroyed."""
    with house.gate.transaction(who) as tx:
        for key in keys:
            resource = Resource(kind="key", id=key.value)
            tx.record(Event.KEY_ROTATED, Action.ROTATE_KEY, resource, because=permit)
            if key is not Rotated.RECOVERY:
                tx.record(Event.KEY_DESTROYED, Action.ROTATE_KEY, resource, because=permit)


def _follow_signing_key(house: House, who: Who, permit: Grant | None) -> None:
    """Record the handovers that the key file doesn't know yet, and write the files anew."""
    text = house.vault.status().history
    history = read_history(text)
    known = VerifierKey.parse(kept_vkey(house.settings))
    if known not in history.keys:
        raise KeysError("the vault signs with a key that doesn't follow this installation's: stop the house")
    resource = Resource(kind="key", id=Rotated.CHECKPOINT.value)
    with house.gate.transaction(who) as tx:
        for key in history.keys[history.keys.index(known) + 1 :]:
            vkey = digest_of_key(key)
            tx.record(Event.KEY_ROTATED, Action.ROTATE_KEY, resource, because=permit, vkey=vkey)
            tx.record(Event.KEY_DESTROYED, Action.ROTATE_KEY, resource, because=permit)
    write_whole(house.settings.key_history, text if text.endswith("\n") else f"{text}\n")
    write_whole(house.settings.data / VKEY_FILE, f"{history.newest.text()}\n")
    # From the handover on the ledger's newest checkpoint is the new key's.
    house.vault.sign()


def _settle_credentials(house: House) -> None:
    path = _next(house.settings.credential_path(CallerKind.OPERATOR.value))
    asking = VaultClient(house.settings.vault_socket, path.read_text().strip(), house.reader)
    try:
        asking.sign()
    except VaultRefusedError as error:
        if error.code is not Code.CREDENTIAL:
            raise
        for kind in _ORDER:
            _next(house.settings.credential_path(kind.value)).unlink(missing_ok=True)
        return
    _adopt_credentials(house)


def _adopt_credentials(house: House) -> None:
    for kind in _ORDER:
        path = house.settings.credential_path(kind.value)
        if _next(path).exists():
            _next(path).replace(path)
            sync_folder(path.parent)


def _next(path: Path) -> Path:
    return path.with_name(f"{path.name}.next")
