"""Makers of real things with defaults that a reader can trust."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine

from exports.export import Export, stored_name
from runtime.database import migrate, open_database
from tests.backends import a_database_url, on_servers


def stored_book(export: Export) -> str:
    """Return the name under which a built export's book is stored."""
    assert export.built_fencing is not None
    return stored_name(export.id, export.built_fencing)


def a_database(folder: Path) -> Engine:
    """Return a fresh, migrated database: SQLite in the folder, or a PostgreSQL server's."""
    url = a_database_url(folder)
    if not on_servers():
        path = Path(url.removeprefix("sqlite:///"))
        if not path.exists():
            path.write_bytes(_migrated_file())
    engine = open_database(url)
    migrate(engine)
    return engine


@cache
def _migrated_file() -> bytes:
    """Return the bytes of a migrated SQLite file: migrating costs more than most tests do."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "house.db"
        engine = open_database(f"sqlite:///{path}")
        migrate(engine)
        # The last connection's end takes what is in the write-ahead file over.
        engine.dispose()
        return path.read_bytes()
