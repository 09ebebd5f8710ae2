"""The ledger's storage as its readers see it: the head, and the tree's nodes.

Nodes are read with as few statements as there are kinds of them. Which nodes a root or proof
reads depends on sizes only (law 2 of `tree.py`). So a calculation runs twice: first over a
reader that notes what it is asked for, then over the nodes, fetched together.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from audit.checkpoint import Head
from audit.errors import LedgerBrokenError, LedgerUnavailableError
from audit.tables import ledger_entries, ledger_head, ledger_nodes
from audit.tree import NodeReader
from runtime.parts import in_parts

Result = TypeVar("Result")
Place = tuple[int, int]
_AT_ONCE = 500


@contextmanager
def answering() -> Iterator[None]:
    """Turn the database's errors into LedgerUnavailableError, without values."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, psycopg.Error) as error:
        # The error's own text holds the statement and its values.
        raise LedgerUnavailableError(f"the ledger's database failed ({type(error).__name__})") from None


def ask(connection: Connection, statement: str) -> list[tuple[Any, ...]]:
    """Return the rows of a statement, asked of the driver itself.

    For short statements with numbers of ours only: a toolkit's overhead would cost more than they do.
    """
    driver: Any = connection.connection.driver_connection
    rows: list[tuple[Any, ...]] = driver.execute(statement).fetchall()
    return rows


def read_head(connection: Connection) -> Head:
    """Return how far the ledger goes, as the transaction sees it."""
    found = ask(connection, _HEAD)
    if not found:
        raise LedgerBrokenError("the ledger has no head")
    return Head(found[0][0], bytes(found[0][1]))


def last_moment(connection: Connection) -> str:
    """Return when the newest entry was recorded; empty before the first."""
    found = ask(connection, _MOMENT)
    return str(found[0][0]) if found else ""


def calculate(connection: Connection, formula: Callable[[NodeReader], Result]) -> Result:
    """Return what `formula` makes of the stored nodes. Raises LedgerBrokenError when one is missing."""
    wanted: set[Place] = set()

    def note(level: int, position: int, /) -> bytes:
        wanted.add((level, position))
        return b""

    formula(note)
    found = _fetch(connection, wanted)
    if len(found) != len(wanted):
        raise LedgerBrokenError("a node of the ledger's tree is missing")
    return formula(lambda level, position: found[level, position])


def _fetch(connection: Connection, wanted: Iterable[Place]) -> dict[Place, bytes]:
    # Whole numbers of ours, written into the statement: a proof is read before every open of the
    # vault, and building and compiling an expression takes several times as long as this.
    found: dict[Place, bytes] = {}
    for some in in_parts(sorted(wanted), _AT_ONCE):
        leaves = ",".join(str(position) for level, position in some if level == 0)
        inner = ",".join(f"({level},{position})" for level, position in some if level)
        parts = [_LEAVES.format(leaves)] if leaves else []
        parts += [_INNER] if inner else []
        named = f"WITH wanted(level, position) AS (VALUES {inner}) " if inner else ""
        rows = ask(connection, named + " UNION ALL ".join(parts))
        found |= {(row[0], row[1]): bytes(row[2]) for row in rows}
    return found


_HEAD = f"SELECT size, root FROM {ledger_head.name}"  # noqa: S608 - a table of ours
_MOMENT = f"SELECT at FROM {ledger_head.name}"  # noqa: S608 - a table of ours
_LEAVES = f'SELECT 0, "index", leaf FROM {ledger_entries.name} WHERE "index" IN ({{}})'  # noqa: S608 - numbers
# Joined, and in this order: SQLite would read the whole table for `(level, position) IN (...)`.
_INNER = (
    "SELECT wanted.level, wanted.position, nodes.hash"  # noqa: S608 - a table of ours
    f" FROM wanted CROSS JOIN {ledger_nodes.name} AS nodes"
    " WHERE nodes.level = wanted.level AND nodes.position = wanted.position"
)
