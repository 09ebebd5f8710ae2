"""Destruction records: signed notes that say what this vault destroyed, and when.

The note's text is

    sealed book destruction v1
    origin <the log's origin>
    object <object id>
    permit <leaf hash of the DestroyObject permit, hex>
    at <UTC, RFC 3339>

Its first line can't be a log's origin of ours followed by a size, so that a record never
reads as a checkpoint although the same key signs both. One record an object: asked again
under another permit, the record is the one that was made when the object was destroyed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from audit.checkpoint import sign_note
from runtime.clock import rfc3339
from vault.errors import Code, RefusalError
from vault.holdings import Holdings, read_target
from vault.permits import Permit
from vault.signing import Signing
from vault.store import Store

KEPT_YEARS = 10  # rule R25: the least that anybody may set
FIRST_LINE = "sealed book destruction v1"
_TEXT = re.compile(rf"{FIRST_LINE}\norigin \S+\nobject (\S+)\npermit ([0-9a-f]{{64}})\nat \S+\n")


def _is_kept(object_id: str, now: datetime) -> bool:
    """Tell whether an object is a year's pseudonym key whose entries may not lose it yet."""
    kind, _, rest = object_id.partition(":")
    return kind == "year" and now.year <= int(rest) + KEPT_YEARS


@dataclass(frozen=True, kw_only=True)
class Record:
    """What a destruction record says: the object, and the leaf hash of the permit."""

    object_id: str
    leaf: bytes


def read_record(text: str) -> Record:
    """Read a record's text, without its signatures; what isn't one is a ValueError."""
    found = _TEXT.fullmatch(text)
    if not found:
        raise ValueError("not a destruction record")
    return Record(object_id=found[1], leaf=bytes.fromhex(found[2]))


class Destruction:
    """Destroys and keeps the records. Every method runs inside a change of its caller."""

    def __init__(self, store: Store, holdings: Holdings, signing: Signing) -> None:
        self._store = store
        self._holdings = holdings
        self._signing = signing

    def destroy(self, objects: tuple[str, ...], permit: Permit, now: datetime) -> list[str]:
        """Destroy objects under a fresh permit; return one signed record each, in their order."""
        targets = [read_target(object_id) for object_id in objects]
        if any(_is_kept(object_id, now) for object_id in objects):
            raise RefusalError(Code.KEPT, "objects")
        records = []
        for object_id, target in zip(objects, targets, strict=True):
            record = self._latest(object_id) if self._holdings.is_shredded(target) else None
            if record is None:
                record = self._sign(object_id, permit, now)
            self._holdings.shred_target(target)
            self._store.connection.execute(
                "INSERT INTO records (leaf, object, record) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (permit.leaf, object_id, record),
            )
            records.append(record)
        return records

    def repeat(self, objects: tuple[str, ...], permit: Permit) -> list[str]:
        """Return the records that a spent permit was answered with; nothing is destroyed."""
        found = self._store.connection.execute(
            "SELECT object, record FROM records WHERE leaf = ?", (permit.leaf,)
        )
        record_of = dict(found.fetchall())
        return [record_of[object_id] for object_id in objects]

    def repeat_record(self, record: Record, note: str) -> None:
        """Destroy what a record of this vault's own says that it destroyed; keep the record."""
        self._holdings.shred_target(read_target(record.object_id))
        self._store.connection.execute(
            "INSERT INTO records (leaf, object, record) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (record.leaf, record.object_id, note),
        )

    def has(self, leaf: bytes, object_id: str) -> bool:
        """Tell whether this store knows that an object was destroyed under a permit's leaf."""
        found = self._store.connection.execute(
            "SELECT 1 FROM records WHERE leaf = ? AND object = ?", (leaf, object_id)
        )
        return found.fetchone() is not None

    def _latest(self, object_id: str) -> str | None:
        row = self._store.connection.execute(
            "SELECT record FROM records WHERE object = ? ORDER BY id DESC LIMIT 1", (object_id,)
        ).fetchone()
        return None if row is None else str(row[0])

    def _sign(self, object_id: str, permit: Permit, now: datetime) -> str:
        key = self._signing.key
        lines = (
            FIRST_LINE,
            f"origin {key.name}",
            f"object {object_id}",
            f"permit {permit.leaf.hex()}",
            f"at {rfc3339(now)}",
        )
        return sign_note("".join(f"{line}\n" for line in lines), key.name, key.private)
