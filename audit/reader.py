"""Read the ledger and prove what is read.

Laws of this file:
1. A proof is read in one read transaction: head, paths and entries belong together.
2. Signed checkpoints are kept beside the ledger; they are no entries, and a size has one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.exc import IntegrityError

from audit import tree
from audit.checkpoint import Head
from audit.errors import LedgerGapError, LedgerPrunedError
from audit.evidence import redaction_of
from audit.stored import answering, ask, calculate, read_head
from audit.tables import checkpoints, ledger_entries
from runtime.clock import Clock, HouseClock, rfc3339
from runtime.database import reading, writing

_PAGE = 1000


@dataclass(frozen=True, kw_only=True)
class Proven:
    """One entry's bytes with the path that proves it under the proof's head."""

    index: int
    encoded: bytes
    inclusion: list[bytes]


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What takes a reader who knows the ledger at size `base` to `head`, and entries under it.

    `consistency` is empty where the ledger is shorter than `base`: there is no such proof,
    and the head says so. `checkpoint` is the newest signed one that is stored.
    """

    base: int
    head: Head
    consistency: list[bytes]
    permits: list[Proven]
    checkpoint: str | None


class LedgerReader:
    """Reads and proves. Keeps signed checkpoints, which are no entries."""

    def __init__(self, engine: Engine, clock: Clock | None = None) -> None:
        self._engine = engine
        self._clock = clock or HouseClock()

    def head(self, connection: Connection | None = None) -> Head:
        """Return how far the ledger goes, as one transaction sees it."""
        with answering(), self._joining(connection) as joined:
            return read_head(joined)

    def prove(self, base: int, indices: Sequence[int]) -> Proof:
        """Prove entries to a reader who knows the ledger at size `base`, in one read transaction.

        Raises LedgerGapError when an entry isn't there.
        """
        with answering(), reading(self._engine) as connection:
            head = self.head(connection)
            if any(not 0 <= index < head.size for index in indices):
                raise LedgerGapError(f"the ledger of {head.size} entries lacks one that was asked for")
            rows = _whole_entries(connection, indices)
            consistency, paths = calculate(
                connection,
                lambda node: (
                    tree.consistency(base, head.size, node) if base <= head.size else [],
                    [tree.inclusion(index, head.size, node) for index in indices],
                ),
            )
            return Proof(
                base=base,
                head=head,
                consistency=consistency,
                permits=[
                    Proven(index=index, encoded=rows[index], inclusion=path)
                    for index, path in zip(indices, paths, strict=True)
                ],
                checkpoint=self.checkpoint(connection),
            )

    def prove_under(self, size: int, index: int) -> Proven:
        """Prove an entry under the head that the ledger had at an earlier size.

        That is how a proof fits a checkpoint that was signed while the ledger went on. Raises
        LedgerGapError when the entry or the size isn't there.
        """
        with answering(), reading(self._engine) as connection:
            if not 0 <= index < size <= self.head(connection).size:
                raise LedgerGapError(f"there is no entry {index} in a ledger of {size}")
            path = calculate(connection, lambda node: tree.inclusion(index, size, node))
            return Proven(index=index, encoded=_whole_entries(connection, [index])[index], inclusion=path)

    def extension(self, old: int, size: int) -> list[bytes]:
        """Prove that the ledger at `size` extends itself at `old` (RFC 6962). Raises LedgerGapError."""
        with answering(), reading(self._engine) as connection:
            if not 0 <= old <= size <= self.head(connection).size:
                raise LedgerGapError(f"there is no extension from {old} to {size} entries")
            return calculate(connection, lambda node: tree.consistency(old, size, node))

    def entries(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes of entries [start, stop) in order, some at a time.

        Raises LedgerGapError when the ledger doesn't go that far, or where bytes were pruned.
        """
        for index, (_leaf, encoded) in enumerate(self._pages(start, stop), start=start):
            if not encoded:
                raise LedgerPrunedError(f"entry {index} was pruned")
            yield encoded

    def lines(self, start: int, stop: int, *, redacted: Collection[int] = ()) -> Iterator[bytes]:
        """Yield the lines of a bundle for entries [start, stop): pruned and `redacted` ones as redactions.

        Raises LedgerGapError when the ledger doesn't go that far.
        """
        for index, (leaf, encoded) in enumerate(self._pages(start, stop), start=start):
            yield encoded if encoded and index not in redacted else redaction_of(leaf)

    def _pages(self, start: int, stop: int) -> Iterator[tuple[bytes, bytes]]:
        while start < stop:
            end = min(start + _PAGE, stop)
            with answering(), reading(self._engine) as connection:
                page = _entries(connection, range(start, end))
            if len(page) != end - start:
                raise LedgerGapError(f"the ledger lacks entries from {start} to {end}")
            yield from (page[index] for index in range(start, end))
            start = end

    def keep_checkpoint(self, note: str, head: Head) -> None:
        """Store a signed checkpoint in a transaction of its own; a size that has one keeps it."""
        with answering(), writing(self._engine) as connection:
            kept = connection.execute(
                select(checkpoints.c.size).where(checkpoints.c.size == head.size)
            ).first()
            if kept is None:
                row = {"size": head.size, "note": note, "signed_at": rfc3339(self._clock.now())}
                # Another process may keep one of the same size between the two statements.
                with suppress(IntegrityError), connection.begin_nested():
                    connection.execute(insert(checkpoints).values(row))

    def checkpoint(self, connection: Connection | None = None) -> str | None:
        """Return the stored checkpoint over the most entries, if there is one."""
        with answering(), self._joining(connection) as joined:
            found = ask(joined, _NEWEST)
            return str(found[0][0]) if found else None

    @contextmanager
    def _joining(self, connection: Connection | None) -> Iterator[Connection]:
        with reading(self._engine) if connection is None else nullcontext(connection) as joined:
            yield joined


def _whole_entries(connection: Connection, indices: Sequence[int]) -> dict[int, bytes]:
    # Whole numbers, written into the statement: see `stored.py`.
    found = ask(connection, _WHOLE.format(",".join(map(str, indices)))) if indices else ()
    rows = {row[0]: bytes(row[1]) for row in found}
    if not all(rows.values()):
        raise LedgerPrunedError("an entry that was asked for was pruned")
    return rows


def _entries(connection: Connection, indices: Sequence[int]) -> dict[int, tuple[bytes, bytes]]:
    """Return leaf hash and bytes of entries by index."""
    index, entry = ledger_entries.c["index"], ledger_entries.c.entry
    asked = (
        index.between(indices.start, indices.stop - 1)
        if isinstance(indices, range)
        else index.in_(set(indices))
    )
    rows = connection.execute(select(index, ledger_entries.c.leaf, entry).where(asked))
    return {row[0]: (row[1], row[2]) for row in rows}


_WHOLE = f'SELECT "index", entry FROM {ledger_entries.name} WHERE "index" IN ({{}})'  # noqa: S608 - numbers
_NEWEST = f"SELECT note FROM {checkpoints.name} ORDER BY size DESC LIMIT 1"  # noqa: S608 - a table of ours
