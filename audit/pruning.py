"""Take the bytes of entries away when their retention is over (R25); what proves them stays.

Laws of this file:
1. Leaf hashes, nodes, head and checkpoints stay as they are, and so every proof and every
   bundle: a pruned entry stands in a bundle as a redaction.
2. First the ledger records that it is pruned and up to where, then bytes go. What a crash left
   goes when the same is asked again. The database's own guards (migration 0011) let bytes go under
   such a record only, and only ten years after.
3. What the house's own standing rests on is kept: its start, its keys, policies and snapshots.
4. Look-ups keep when, what, how it went, and the opaque id of who acted; not about whom. What
   stood beside an entry (`inputs.py`, `shown.py`) goes with its bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, Select, func, insert, select, update

from audit import tree
from audit.checkpoint import Head
from audit.errors import LedgerError
from audit.events import Event
from audit.pruned import RETENTION_YEARS, years_before
from audit.search import first_since
from audit.stored import answering, calculate, read_head
from audit.tables import ledger_entries, ledger_inputs, ledger_prunings, ledger_shown
from runtime.clock import rfc3339
from runtime.database import reading, writing

KEPT: Final = frozenset(
    {
        Event.INSTALLATION_STARTED,
        Event.KEY_ROTATED,
        Event.LEDGER_PRUNED,
        Event.LEDGER_RESTORED,
        Event.POLICY_ADOPTED,
        Event.POLICY_APPROVED,
        Event.SNAPSHOT_PUBLISHED,
        Event.VAULT_RECOVERED,
    }
)
"""Events whose entries are never pruned."""

_AT_ONCE = 1000


class RetentionError(LedgerError):
    """What is to be pruned is younger than its retention; the message says from when on it may."""


@dataclass(frozen=True, kw_only=True)
class Pruning:
    """What would go: `count` of the first `head.size` entries. `head` is the ledger as it then stood."""

    head: Head
    count: int


def plan_pruning(engine: Engine, before: datetime, *, now: datetime, years: int) -> Pruning:
    """Say what goes when all entries before a moment are pruned. Raises RetentionError, LedgerError."""
    years = max(years, RETENTION_YEARS)
    latest = years_before(now, years)
    if before > latest:
        raise RetentionError(f"entries are kept for {years} years: now those before {rfc3339(latest)} may go")
    with answering(), reading(engine) as connection:
        size = first_since(connection, rfc3339(before), read_head(connection).size)
        root = calculate(connection, lambda node: tree.root(size, node))
        count = connection.execute(_whole(0, size, func.count())).scalar_one()
    return Pruning(head=Head(size, root), count=count)


def prune(engine: Engine, pruning: Pruning, index: int) -> int:
    """Take the bytes away, some at a time; `index` is of the entry that records it. Return how many went."""
    with answering(), writing(engine) as connection:
        connection.execute(insert(ledger_prunings).values(index=index, below=pruning.head.size))
    return sum(_prune(engine, start, min(start + _AT_ONCE, pruning.head.size)) for start in _starts(pruning))


def pruned_below(connection: Connection) -> int:
    """Return the index below which entries may have been pruned; 0 before the first pruning."""
    with answering():
        return connection.execute(select(func.max(ledger_prunings.c.below))).scalar() or 0


def pruned_until(connection: Connection) -> str:
    """Return the moment (RFC 3339) of the last entry that a pruning covers; empty before the first."""
    last = select(ledger_entries.c.at).where(ledger_entries.c["index"] == pruned_below(connection) - 1)
    with answering():
        return connection.execute(last).scalar() or ""


def _starts(pruning: Pruning) -> Iterator[int]:
    return iter(range(0, pruning.head.size, _AT_ONCE))


def _prune(engine: Engine, start: int, stop: int) -> int:
    index = ledger_entries.c["index"]
    with answering(), writing(engine) as connection:
        if connection.dialect.name == "sqlite":
            # What is freed is written over, so that it can't be read out of the file.
            connection.exec_driver_sql("PRAGMA secure_delete = ON")
        going = list(connection.execute(_whole(start, stop, index)).scalars())
        if going:
            gone = {"entry": b"", "agent": None, "export": None, "fencing": None}
            connection.execute(update(ledger_entries).where(index.in_(going)).values(gone))
            for beside in (ledger_inputs, ledger_shown):
                connection.execute(beside.delete().where(beside.c["index"].in_(going)))
    return len(going)


def _whole(start: int, stop: int, what: Any) -> Select[Any]:
    entry = ledger_entries.c
    kept = sorted(event.value for event in KEPT)
    return select(what).where(
        entry["index"] >= start, entry["index"] < stop, entry.entry != b"", entry.event.not_in(kept)
    )
