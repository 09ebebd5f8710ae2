"""How entries get into each kind of database: the chain's lock, and its growth by a batch.

Laws of this file:
1. `lock` is held until the caller's transaction ends. Nothing here commits.
2. The stored peaks must lead to the stored root before anything is put on top of them.
3. On PostgreSQL the functions of migration 0009 do it, as the tables' owner: they make leaf
   hashes, look-ups, nodes and head out of the entries' bytes, and the house needs no other right.

The driver is spoken to itself: an append is four short statements, and a toolkit's overhead
would cost more than all of them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol, cast

import psycopg
from sqlalchemy import Connection

from audit import tree
from audit.entry import Entry
from audit.errors import LedgerBrokenError

BROKEN: Final = "SB001"
"""SQLSTATE of what the functions found broken; their message says what."""

_HEAD = "SELECT size, root, at FROM ledger_head"
_LEAF = 'SELECT leaf FROM ledger_entries WHERE "index" = ?'
_NODE = "SELECT hash FROM ledger_nodes WHERE level = ? AND position = ?"
_ENTER = (
    'INSERT INTO ledger_entries ("index", leaf, entry, at, event, action, outcome, actor, agent, export,'
    " fencing) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_RULE = 'INSERT INTO ledger_rules (rule, "index") VALUES (?, ?)'
_RECORD = 'INSERT INTO ledger_records (person, "index", record) VALUES (?, ?, ?)'
_GROW = "INSERT INTO ledger_nodes (level, position, hash) VALUES (?, ?, ?)"
_MOVE = "UPDATE ledger_head SET size = ?, root = ?, at = ?"


class Tail(NamedTuple):
    """Where the ledger ends: its size, root (empty where the database keeps it to itself) and last moment."""

    size: int
    root: bytes
    at: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """One appended entry: its index, its bytes and its leaf hash. It counts once committed."""

    index: int
    entry: Entry
    encoded: bytes
    leaf: bytes


class Chain(Protocol):
    """One kind of database's way of growing the ledger."""

    def lock(self, connection: Connection) -> Tail:
        """Hold the chain and return its end. Raises LedgerBrokenError and the driver's errors."""
        ...

    def extend(self, connection: Connection, tail: Tail, recorded: Sequence[Recorded]) -> None:
        """Put entries at the end that `lock` returned. Raises as `lock` does."""
        ...


class SQLiteChain:
    """SQLite: the transaction itself (BEGIN IMMEDIATE) is the lock."""

    def lock(self, connection: Connection) -> Tail:
        """Return the chain's end."""
        row = _sqlite(connection).execute(_HEAD).fetchone()
        if row is None:
            raise LedgerBrokenError("the ledger has no head")
        return Tail(*row)

    def extend(self, connection: Connection, tail: Tail, recorded: Sequence[Recorded]) -> None:
        """Insert entries, look-ups and nodes, and move the head."""
        driver = _sqlite(connection)
        peaks = [_peak(driver, *place) for place in tree.frontier(tail.size)]
        if tree.fold(peaks) != tail.root:
            raise LedgerBrokenError("the ledger's nodes don't lead to its root")
        made, peaks = tree.grow(tail.size, peaks, [each.leaf for each in recorded])
        driver.executemany(_ENTER, [_row(each) for each in recorded])
        rules = [(rule, each.index) for each in recorded for rule in each.entry.rules or ()]
        if rules:
            driver.executemany(_RULE, rules)
        records = [
            (each.entry.resource.id, each.index, each.entry.record)
            for each in recorded
            if each.entry.record is not None
        ]
        if records:
            driver.executemany(_RECORD, records)
        driver.executemany(_GROW, [node for node in made if node.level])
        driver.execute(_MOVE, (tail.size + len(recorded), tree.fold(peaks), recorded[-1].entry.at))


class PostgresChain:
    """PostgreSQL: two functions that run as the tables' owner."""

    def lock(self, connection: Connection) -> Tail:
        """Lock the head's row and return the chain's end."""
        return Tail(*_ask(connection, "SELECT size, ''::bytea, at FROM ledger_lock()"))

    def extend(self, connection: Connection, tail: Tail, recorded: Sequence[Recorded]) -> None:
        """Hand the entries' bytes over."""
        given = [each.encoded for each in recorded]
        _ask(connection, "SELECT ledger_append(%s, %b)", tail.size, given)


CHAINS: Final[dict[str, Chain]] = {"sqlite": SQLiteChain(), "postgresql": PostgresChain()}
"""By the name of SQLAlchemy's dialect."""


def _sqlite(connection: Connection) -> sqlite3.Connection:
    driver: Any = connection.connection.driver_connection
    return cast("sqlite3.Connection", driver)


def _peak(driver: sqlite3.Connection, level: int, position: int) -> bytes:
    query, key = (_NODE, (level, position)) if level else (_LEAF, (position,))
    row = driver.execute(query, key).fetchone()
    if row is None:
        raise LedgerBrokenError("a node of the ledger's tree is missing")
    return bytes(row[0])


def _row(one: Recorded) -> tuple[Any, ...]:
    entry = one.entry
    return (
        one.index,
        one.leaf,
        one.encoded,
        entry.at,
        entry.event.value,
        entry.action,
        entry.outcome.value,
        entry.actor.id,
        entry.agent,
        entry.export,
        entry.fencing,
    )


def _ask(connection: Connection, query: str, *values: Any) -> tuple[Any, ...]:
    driver: Any = connection.connection.driver_connection
    try:
        row = driver.execute(query, values).fetchone()
    except psycopg.Error as error:
        if error.sqlstate == BROKEN:
            raise LedgerBrokenError(error.diag.message_primary or "the ledger is broken") from None
        raise
    return cast("tuple[Any, ...]", row)
