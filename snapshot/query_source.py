"""An extract that is a PostgreSQL query: read only, of one moment, streamed as CSV by COPY.

The server writes the CSV, so no row stands in Python's memory; a cursor would hand over typed
values one by one. Values become the text of an extract on the server: truth values `true` and
`false`, moments in UTC with their Z, everything else as PostgreSQL writes it, null as a blank.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, cast

import psycopg
from psycopg import sql

_BOOL, _TIMESTAMPTZ = 16, 1184
_PIECE_BYTES = 1024 * 1024


class QueryError(OSError):
    """The query doesn't give an extract; the message has PostgreSQL's code and no value."""


@dataclass(frozen=True)
class QuerySource:
    """One query at one database; `url` as psycopg takes it, never shown."""

    url: str = field(repr=False)
    query: str

    @property
    def name(self) -> str:
        """What reports call it."""
        return "query"

    @property
    def size(self) -> int | None:
        """Nobody knows before it is read."""
        return None

    def open(self) -> BinaryIO:
        """Return a reader of the query's CSV; QueryError where it can't be run."""
        try:
            connection = psycopg.connect(self.url, autocommit=False)
        except psycopg.Error as error:
            raise _told(error) from None
        try:
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            statement = _as_text(connection, self.query.strip().rstrip(";"))
        except BaseException as error:
            connection.close()
            if isinstance(error, psycopg.Error):
                raise _told(error) from None
            raise
        return cast("BinaryIO", io.BufferedReader(_Copy(connection, statement), _PIECE_BYTES))


class _Copy(io.RawIOBase):
    """Reads what COPY writes, and ends the transaction when it is closed."""

    def __init__(self, connection: psycopg.Connection[Any], statement: sql.Composed) -> None:
        self._connection = connection
        self._pieces = _pieces(connection, statement)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer with the next bytes; 0 at the end."""
        if not self._rest:
            try:
                self._rest = memoryview(next(self._pieces, b""))
            except psycopg.Error as error:
                raise _told(error) from None
        count = min(len(self._rest), len(buffer))
        memoryview(buffer)[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def close(self) -> None:
        """End the transaction."""
        if not self.closed:
            self._connection.close()
        super().close()


def _pieces(connection: psycopg.Connection[Any], statement: sql.Composed) -> Iterator[bytes]:
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for piece in copy:
            yield bytes(piece)


def _as_text(connection: psycopg.Connection[Any], query: str) -> sql.Composed:
    """Return the COPY of a query with its columns as an extract's text."""
    inner = sql.SQL(cast("Any", query))
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT * FROM ({}) AS extract LIMIT 0").format(inner))
        columns = [(column.name, column.type_code) for column in cursor.description or ()]
    written = sql.SQL(", ").join(_column(name, kind) for name, kind in columns)
    return sql.SQL("COPY (SELECT {} FROM ({}) AS extract) TO STDOUT (FORMAT csv, HEADER)").format(
        written, inner
    )


def _column(name: str, kind: int) -> sql.Composed:
    column = sql.Identifier(name)
    if kind == _TIMESTAMPTZ:
        text = sql.SQL("""to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')""").format(column)
    elif kind == _BOOL:
        text = sql.SQL("CASE {} WHEN true THEN 'true' WHEN false THEN 'false' END").format(column)
    else:
        text = sql.SQL("{}::text").format(column)
    return sql.SQL("{} AS {}").format(text, column)


def _told(error: psycopg.Error) -> QueryError:
    # PostgreSQL's own message may quote a value of the table.
    return QueryError(f"the query can't be run (PostgreSQL {error.sqlstate or type(error).__name__})")
