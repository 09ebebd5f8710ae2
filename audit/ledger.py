"""The ledger's one writer.

Laws of this file:
1. `Ledger.append` works inside the caller's write transaction and never commits, so that
   the entry and what it tells of stand or fall together. It takes the chain lock (the one
   row of `ledger_head`) and is called last in a transaction.
2. `at` never runs backwards, whatever the clock does.
3. Entries, nodes and look-ups are only ever added, an entry's look-ups with the entry.

Reading and proving is in `reader.py`; callers find both here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, update

from audit import tree
from audit.entry import Draft, Entry, SameBatch
from audit.errors import LedgerBrokenError, LedgerError, LedgerGapError, LedgerUnavailableError
from audit.reader import LedgerReader, Proof, Proven
from audit.stored import answering, calculate, read_head, store_nodes
from audit.tables import ledger_entries, ledger_head, ledger_records, ledger_rules
from runtime.clock import Clock, rfc3339

__all__ = [
    "Ledger",
    "LedgerBrokenError",
    "LedgerError",
    "LedgerGapError",
    "LedgerReader",
    "LedgerUnavailableError",
    "Proof",
    "Proven",
    "Recorded",
]


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """One appended entry: its index, its bytes and its leaf hash. It counts once committed."""

    index: int
    entry: Entry
    encoded: bytes
    leaf: bytes


class Ledger:
    """The only writer of entries."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def append(self, connection: Connection, drafts: Sequence[Draft]) -> list[Recorded]:
        """Append a batch; it is recorded when the caller's transaction commits.

        Raises EntryError for a draft that can't be an entry, LedgerGapError for a `because`
        that doesn't point backwards, LedgerUnavailableError and LedgerBrokenError.
        """
        if not drafts:
            return []
        with answering():
            head = read_head(connection, locked=True)
            recorded = self._settle(drafts, head.size, head.at)
            peaks = calculate(connection, lambda node: [node(*place) for place in tree.frontier(head.size)])
            if tree.fold(peaks) != head.root:
                raise LedgerBrokenError("the ledger's nodes don't lead to its root")
            made, peaks = tree.grow(head.size, peaks, [each.leaf for each in recorded])
            connection.execute(insert(ledger_entries), [_row(each) for each in recorded])
            rules = [
                {"rule": rule, "index": each.index} for each in recorded for rule in each.entry.rules or ()
            ]
            if rules:
                connection.execute(insert(ledger_rules), rules)
            records = [_record(each) for each in recorded if each.entry.record is not None]
            if records:
                connection.execute(insert(ledger_records), records)
            store_nodes(connection, made)
            moved = {
                "size": head.size + len(recorded),
                "root": tree.fold(peaks),
                "at": recorded[-1].entry.at,
            }
            connection.execute(update(ledger_head).values(moved))
        return recorded

    def _settle(self, drafts: Sequence[Draft], size: int, last_at: str) -> list[Recorded]:
        at = max(rfc3339(self._clock.now()), last_at)
        recorded = []
        for index, draft in enumerate(drafts, start=size):
            because = draft.because
            if isinstance(because, SameBatch):
                because = size + because.position if because.position >= 0 else index
            if because is not None and because >= index:
                raise LedgerGapError("an entry follows from an earlier one only")
            entry = draft.settle(at, because)
            encoded = entry.encode()
            recorded.append(Recorded(index=index, entry=entry, encoded=encoded, leaf=tree.leaf_hash(encoded)))
        return recorded


def _record(recorded: Recorded) -> dict[str, Any]:
    entry = recorded.entry
    return {"person": entry.resource.id, "index": recorded.index, "record": entry.record}


def _row(recorded: Recorded) -> dict[str, Any]:
    entry = recorded.entry
    return {
        "index": recorded.index,
        "leaf": recorded.leaf,
        "entry": recorded.encoded,
        "at": entry.at,
        "event": entry.event.value,
        "action": entry.action,
        "outcome": entry.outcome.value,
        "actor": entry.actor.id,
        "agent": entry.agent,
        "export": entry.export,
        "fencing": entry.fencing,
    }
