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

from sqlalchemy import Connection

from audit import tree
from audit.chains import CHAINS, Recorded
from audit.entry import Draft, SameBatch
from audit.errors import LedgerBrokenError, LedgerError, LedgerGapError, LedgerUnavailableError
from audit.reader import LedgerReader, Proof, Proven
from audit.stored import answering
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
        if not connection.in_transaction():
            raise LedgerUnavailableError("an entry is appended inside a transaction")
        chain = CHAINS[connection.dialect.name]
        with answering():
            tail = chain.lock(connection)
            recorded = self._settle(drafts, tail.size, tail.at)
            chain.extend(connection, tail, recorded)
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
            recorded.append(Recorded(index, entry, encoded, tree.leaf_hash(encoded)))
        return recorded
