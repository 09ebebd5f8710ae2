"""Is the stored ledger still what it was: entries against leaves, leaves against nodes and head.

A look at one's own storage, for the operator's doctor; evidence for an outsider is `verify.py`,
which trusts none of this. Takes the connection of a read transaction that is open already.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from audit import tree
from audit.entry import Entry, EntryError
from audit.errors import LedgerBrokenError
from audit.pruning import pruned_below
from audit.stored import answering, calculate, read_head
from audit.tables import checkpoints, ledger_entries, ledger_nodes

Place = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Signed:
    """The newest signed checkpoint: over how many entries, and when (RFC 3339)."""

    size: int
    at: str


def check_stored(connection: Connection, last: int) -> int:
    """Compute the last entries' leaves, the nodes above them and the root anew; return the ledger's size.

    Raises LedgerBrokenError, which says at which entry or node what is stored doesn't fit.
    """
    with answering():
        head = read_head(connection)
        start = max(0, head.size - last)
        known = _check_leaves(connection, start, head.size)
        _check_nodes(connection, start, known)
        root = calculate(connection, lambda node: tree.root(head.size, node))
    if root != head.root:
        raise LedgerBrokenError("the head's root isn't that of the stored nodes")
    return int(head.size)


def newest_signed(connection: Connection) -> Signed | None:
    """Return the newest signed checkpoint, None before the first."""
    query = select(checkpoints.c.size, checkpoints.c.signed_at).order_by(checkpoints.c.size.desc()).limit(1)
    with answering():
        row = connection.execute(query).one_or_none()
    return None if row is None else Signed(size=row.size, at=row.signed_at)


def _check_leaves(connection: Connection, start: int, size: int) -> dict[Place, bytes]:
    index = ledger_entries.c["index"]
    query = select(index, ledger_entries.c.entry, ledger_entries.c.leaf).where(index >= start).order_by(index)
    known: dict[Place, bytes] = {}
    pruned = pruned_below(connection)
    for place, entry, leaf in connection.execute(query):
        if not entry and place < pruned:
            known[0, place] = leaf
            continue
        try:
            Entry.decode(entry)
        except EntryError:
            raise LedgerBrokenError(f"entry {place} isn't an entry") from None
        if tree.leaf_hash(entry) != leaf:
            raise LedgerBrokenError(f"entry {place} doesn't have its leaf's hash")
        known[0, place] = leaf
    if sorted(position for _, position in known) != list(range(start, size)):
        raise LedgerBrokenError(f"entries from {start} to {size} aren't all there")
    return known


def _check_nodes(connection: Connection, start: int, known: dict[Place, bytes]) -> None:
    level = 1
    while True:
        first = -(-start // 2**level)
        query = select(ledger_nodes.c.position, ledger_nodes.c.hash).where(
            ledger_nodes.c.level == level, ledger_nodes.c.position >= first
        )
        rows = connection.execute(query).all()
        for position, found in rows:
            below = [known.get((level - 1, 2 * position + side)) for side in (0, 1)]
            if None in below or tree.node_hash(below[0] or b"", below[1] or b"") != found:
                raise LedgerBrokenError(f"node {position} of level {level} isn't made of those below it")
            known[level, position] = found
        if not rows:
            return
        level += 1
