"""The database: one engine, two kinds of transaction, one line of migrations.

`writing` holds the one write transaction (on SQLite BEGIN IMMEDIATE, so that two writers
queue instead of failing half-way); `reading` sees one consistent state. SQLite runs in WAL
with synchronous FULL: what was committed survives a power loss.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, MetaData, create_engine, event, make_url

metadata = MetaData()
_BUSY_SECONDS = 30
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000}",
)


def open_database(url: str) -> Engine:
    """Return an engine for an SQLAlchemy URL. Open it after any fork, never before."""
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, isolation_level="READ COMMITTED")
    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver would begin transactions by itself, late and deferred; we begin them.
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _begin_sqlite(connection: Connection) -> None:
    reads = connection.get_execution_options().get("sealedbook_reads", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Hold a write transaction: committed on a clean exit, rolled back on any error."""
    with engine.begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Hold a read transaction that sees one state of the database throughout."""
    options: dict[str, Any] = {"sealedbook_reads": True}
    if engine.dialect.name != "sqlite":
        options["isolation_level"] = "REPEATABLE READ"
    with engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


def migrate(engine: Engine) -> None:
    """Bring the database to the newest shape; safe to repeat."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
