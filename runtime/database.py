"""The database: one engine, two kinds of transaction, one line of migrations.

`writing` holds a write transaction, `reading` sees one consistent state. What was committed
survives a power loss: a database that may lose it isn't opened.

- SQLite in WAL with synchronous FULL. Writers queue (BEGIN IMMEDIATE) instead of failing half-way.
- PostgreSQL 15 or newer at READ COMMITTED: who has to be alone takes a lock, in the order
  actor, `hold`, export, chain. Text sorts by its bytes (locale C), as it does in SQLite: moments
  and names compare as text.
"""

from __future__ import annotations

import select
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, create_engine, event, make_url, text
from sqlalchemy.exc import DisconnectionError, OperationalError, SQLAlchemyError

metadata = MetaData()
_BUSY_SECONDS = 30
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000}",
)
_OLDEST_POSTGRES = 150000
# Who holds a lock and falls silent is ended, so that nobody else waits for ever.
_POSTGRES_OPTIONS = f"-c lock_timeout={_BUSY_SECONDS}s -c idle_in_transaction_session_timeout=60s"
# Setting, what it has to be, why.
_POSTGRES_SETTINGS = (
    ("server_encoding", {"UTF8"}, "names are in any script"),
    ("fsync", {"on"}, "a commit must survive a power loss"),
    ("full_page_writes", {"on"}, "a commit must survive a power loss"),
    ("synchronous_commit", {"on", "remote_write", "remote_apply"}, "a commit must survive a power loss"),
)


class DatabaseUnfitError(SQLAlchemyError):
    """The database's server isn't set up as the house needs it; the message says what and why."""


def open_database(url: str) -> Engine:
    """Return an engine for an SQLAlchemy URL. Open it after any fork, never before.

    Connecting raises DatabaseUnfitError where the server's settings wouldn't keep what it commits.
    """
    backend = make_url(url).get_backend_name()
    if backend == "postgresql":
        engine = create_engine(
            url,
            isolation_level="READ COMMITTED",
            connect_args={"options": _POSTGRES_OPTIONS, "connect_timeout": 5},
        )
        event.listen(engine, "connect", _check_postgres)
        event.listen(engine, "checkout", _drop_dead)
        return engine
    if backend != "sqlite":
        raise DatabaseUnfitError("the database is SQLite or PostgreSQL (postgresql+psycopg://…)")
    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def check_database(url: str) -> None:
    """Raise DatabaseUnfitError at a process's start; a server that is away may still come."""
    engine = open_database(url)
    try:
        with suppress(OperationalError), engine.connect():
            pass
    finally:
        engine.dispose()


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver would begin transactions by itself, late and deferred; we begin them.
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _check_postgres(connection: Any, _record: Any) -> None:
    with connection.cursor() as cursor:
        names = ["server_version_num", *(name for name, _, _ in _POSTGRES_SETTINGS)]
        asked = ", ".join(f"current_setting('{name}')" for name in names)
        locale = "(SELECT datcollate FROM pg_database WHERE datname = current_database())"
        version, *found, collation = cursor.execute(f"SELECT {asked}, {locale}").fetchone()
    connection.rollback()
    if int(version) < _OLDEST_POSTGRES:
        raise DatabaseUnfitError("PostgreSQL has to be version 15 or newer")
    for (name, fit, why), value in zip(_POSTGRES_SETTINGS, found, strict=True):
        if value not in fit:
            raise DatabaseUnfitError(f"PostgreSQL's {name} is {value}: {why}")
    if collation not in {"C", "POSIX"}:
        raise DatabaseUnfitError("the database's locale has to be C: moments and names sort by their bytes")


def _drop_dead(connection: Any, _record: Any, _proxy: Any) -> None:
    """Have the pool replace a connection that the server ended, without asking it anything.

    On a line that waits for no answer there is nothing to read but that, or the line's end.
    """
    line = select.poll()
    line.register(connection.fileno(), select.POLLIN)
    if line.poll(0):
        raise DisconnectionError


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
        options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


def hold(connection: Connection, name: str) -> None:
    """Be the only transaction that holds this name until it ends; on SQLite every writer is."""
    if connection.dialect.name != "sqlite":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})


def revisions(engine: Engine) -> tuple[str | None, str | None]:
    """Return the migration that the database has, and the newest that there is."""
    newest = ScriptDirectory.from_config(_migrations()).get_current_head()
    with reading(engine) as connection:
        return MigrationContext.configure(connection).get_current_revision(), newest


def _migrations() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def migrate(engine: Engine) -> str | None:
    """Bring the database to the newest shape and return the one that it had; safe to repeat.

    Raises DatabaseUnfitError for a shape that only a newer program knows.
    """
    config = _migrations()
    known = {each.revision for each in ScriptDirectory.from_config(config).walk_revisions()}
    with engine.begin() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
        if present is not None and present not in known:
            raise DatabaseUnfitError(
                f"the database has shape {present}, which this version doesn't know: run the newer one"
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return present
