"""Makers of real things with defaults that a reader can trust."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from runtime.database import migrate, open_database
from tests.backends import a_database_url


def a_database(folder: Path) -> Engine:
    """Return a fresh, migrated database: SQLite in the folder, or a PostgreSQL server's."""
    engine = open_database(a_database_url(folder))
    migrate(engine)
    return engine
