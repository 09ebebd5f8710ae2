"""Makers of real things with defaults that a reader can trust."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from runtime.database import migrate, open_database


def a_database(folder: Path) -> Engine:
    """Return a fresh, migrated SQLite database in a folder."""
    engine = open_database(f"sqlite:///{folder / 'house.db'}")
    migrate(engine)
    return engine
