"""Verify the ledger where it lies: compute its root over all entries anew, and compare.

Laws of this file
1. The root comes from the entries' bytes alone, by the verifier's own side of the tree; no
   stored hash is trusted, but for entries that were pruned: of them the leaf is left, and a later
   entry must say that they were. It must be the root that the vault signed.
2. The newest entries are read strictly besides, and held against their look-ups, so that a
   search can't be made to miss what the ledger says. How far that went is in the verdict.
3. The verdict says PINNED only for a key that the asker brought, and what was not checked.
   Whatever is wrong is a VerifyError that names the entry, where one is to blame.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Engine, Row, select

from audit.checkpoint import Head, NoteError, VerifierKey
from audit.entry import Entry, EntryError
from audit.key_history import KeyHistory, read_history
from audit.proofs import RootBuilder
from audit.pruned import Pruned
from audit.records import records_between
from audit.stored import answering
from audit.tables import ledger_entries, ledger_rules
from audit.tree import leaf_hash
from audit.verify import VerifyError
from runtime.database import reading

STRICT_ENTRIES: Final = 10_000
"""How many of the newest entries are read strictly: about a second's work."""

LookUp: TypeAlias = "str | tuple[str, str]"
"""A rule of a decision, or a person and the digest of their record."""

_PAGE = 1000
_LOOKED_UP = ("at", "event", "action", "outcome", "agent", "export", "fencing")
_COPIED = tuple(ledger_entries.c[name] for name in ("entry", "leaf", "actor", *_LOOKED_UP))


@dataclass(frozen=True, kw_only=True)
class Rechecked:
    """What was found true. Entries from `strict_from` on were read strictly too."""

    origin: str
    head: Head
    pinned: bool
    strict_from: int
    since: Head | None
    pruned: int = 0

    @property
    def root(self) -> str:
        """The root in base64, as checkpoints have it."""
        return base64.b64encode(self.head.root).decode("ascii")

    @property
    def mode(self) -> str:
        """Whose key it was: PINNED if the asker brought it, UNPINNED if this installation did."""
        return "PINNED" if self.pinned else "UNPINNED"

    @property
    def unchecked(self) -> tuple[str, ...]:
        """What was not checked, in words."""
        older = f"the form of the {self.strict_from} oldest entries (their bytes are under the root)"
        key = "whose the key is (it came from this installation)"
        return (
            *([older] if self.strict_from else []),
            *([f"{self.pruned} pruned entries (counted by their hashes)"] if self.pruned else []),
            *([] if self.pinned else [key]),
            "time (as this installation's clock had it)",
            "completeness beyond the checkpoint",
        )


def recheck(
    engine: Engine,
    note: str,
    vkey: str,
    *,
    keys: str | None = None,
    pinned: str | None = None,
    since: str | None = None,
    strict: int = STRICT_ENTRIES,
) -> Rechecked:
    """Hold the stored ledger against a signed checkpoint.

    `vkey` is the installation's key, `keys` the text of its key history where there is one, `pinned`
    a key of it that the asker kept, `since` a checkpoint that the asker kept. Raises VerifyError,
    LedgerUnavailableError.
    """
    history = _history(vkey, keys, pinned)
    head = _checkpoint(note, history, "the checkpoint")
    old = _checkpoint(since, history, "the old checkpoint") if since is not None else None
    if old is not None and old.size > head.size:
        raise VerifyError(f"the old checkpoint is over {old.size} entries, this ledger has {head.size}")
    strict_from = max(0, head.size - strict)
    known = {each.size: each.root for each in history.heads}
    pruned = _replay(engine, head, old, known, strict_from)
    return Rechecked(
        origin=history.origin,
        head=head,
        pinned=pinned is not None,
        strict_from=strict_from,
        since=old,
        pruned=pruned,
    )


def _history(vkey: str, keys: str | None, pinned: str | None) -> KeyHistory:
    try:
        own = VerifierKey.parse(vkey)
        history = KeyHistory(first=own) if keys is None else read_history(keys)
        brought = own if pinned is None else VerifierKey.parse(pinned.removesuffix("\n"))
    except NoteError as error:
        raise VerifyError(f"the key: {error}") from None
    if history.newest != own:
        raise VerifyError("the newest key of the history isn't this installation's")
    if brought not in history.keys:
        raise VerifyError("the key that you gave isn't this installation's")
    return history


def _checkpoint(note: str, history: KeyHistory, what: str) -> Head:
    try:
        return history.read_checkpoint(note)[1]
    except NoteError as error:
        raise VerifyError(f"{what}: {error}") from None


def _replay(
    engine: Engine, head: Head, old: Head | None, known: Mapping[int, bytes], strict_from: int
) -> int:
    """Compute the root over all entries and compare; return how many were pruned."""
    builder, pruned = RootBuilder(), Pruned()
    last_at = ""
    _check_old(builder, old)
    for row, looked_up in _rows(engine, head.size, strict_from):
        place = builder.size
        if row.place != place:
            raise VerifyError(f"entry {place} is missing")
        pruned.see(place, row.event, row.entry)
        if row.entry and place >= strict_from:
            last_at = _check_entry(row, looked_up, last_at)
        builder.add(leaf_hash(row.entry) if row.entry else row.leaf)
        _check_old(builder, old)
        if builder.size in known and builder.root() != known[builder.size]:
            raise VerifyError(f"the first {builder.size} entries aren't those at which a key handed over")
    if builder.size < head.size:
        raise VerifyError(f"the ledger ends after {builder.size} entries, the vault signed {head.size}")
    if builder.root() != head.root:
        raise VerifyError(
            f"entries 0 to {head.size - 1} don't have the root that the vault signed:"
            " one was changed, moved or replaced"
        )
    if wrong := pruned.contradiction():
        raise VerifyError(wrong)
    return pruned.count


def _rows(engine: Engine, size: int, strict_from: int) -> Iterator[tuple[Row[Any], set[LookUp]]]:
    """Yield entries with the rules and records that look-ups have for them, some at a time."""
    index = ledger_entries.c["index"]
    for start in range(0, size, _PAGE):
        stop = min(start + _PAGE, size)
        with answering(), reading(engine) as connection:
            query = select(index.label("place"), *_COPIED).where(index >= start, index < stop)
            rows = connection.execute(query.order_by(index)).all()
            found = _look_ups(connection, start, stop) if stop > strict_from else {}
        for row in rows:
            yield row, found.get(row.place, set())


def _look_ups(connection: Connection, start: int, stop: int) -> dict[int, set[LookUp]]:
    index = ledger_rules.c["index"]
    found: dict[int, set[LookUp]] = {}
    query = select(index, ledger_rules.c.rule).where(index >= start, index < stop)
    for place, rule in connection.execute(query):
        found.setdefault(place, set()).add(rule)
    for place, person, record in records_between(connection, start, stop):
        found.setdefault(place, set()).add((person, record))
    return found


def _check_entry(row: Row[Any], looked_up: set[LookUp], last_at: str) -> str:
    place = row.place
    try:
        entry = Entry.decode(row.entry)
    except EntryError as error:
        raise VerifyError(f"entry {place}: {error}") from None
    if entry.at < last_at:
        raise VerifyError(f"entry {place}: its time is earlier than in an entry before")
    if entry.because is not None and entry.because >= place:
        raise VerifyError(f"entry {place}: `because` doesn't point backwards")
    says: set[LookUp] = {*(entry.rules or ()), *([(entry.resource.id, entry.record)] if entry.record else [])}
    said = (*(getattr(entry, name) for name in _LOOKED_UP), entry.actor.id, says)
    if said != (*(getattr(row, name) for name in _LOOKED_UP), row.actor, looked_up):
        raise VerifyError(f"entry {place}: its look-ups don't say what it says, so a search can miss it")
    return entry.at


def _check_old(builder: RootBuilder, old: Head | None) -> None:
    if old is not None and builder.size == old.size and builder.root() != old.root:
        raise VerifyError(
            f"the first {old.size} entries don't have the old checkpoint's root:"
            " this ledger doesn't extend the one that you know"
        )
