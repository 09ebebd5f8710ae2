"""Tests of the migrations: what they make is what the rooms' tables say."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

import audit.tables
import snapshot.tables
import store.tables
from runtime.database import metadata, reading
from tests.factories import a_database

MIGRATIONS = Path(__file__).parents[1] / "runtime" / "migrations" / "versions"
FILES = sorted(MIGRATIONS.glob("*.py"))
ROOMS_TABLES = (audit.tables, snapshot.tables, store.tables)


def constants_of(path: Path) -> dict[str, Any]:
    """Return the plain constants that a migration sets."""
    found: dict[str, Any] = {}
    for line in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant):
            found |= {target.id: line.value.value for target in line.targets if isinstance(target, ast.Name)}
    return found


def test_a_migrated_database_is_what_the_rooms_say(tmp_path: Path) -> None:
    """Between the rooms' tables and a migrated database there is no difference."""
    assert [] == [tables.__name__ for tables in ROOMS_TABLES if not tables.__doc__]
    engine = a_database(tmp_path)
    with reading(engine) as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        differences: list[Any] = compare_metadata(context, metadata)
    engine.dispose()
    assert [] == [str(difference) for difference in differences]


def test_every_table_is_some_rooms(tmp_path: Path) -> None:
    """A migrated database has the rooms' tables, and one in which Alembic notes how far it is."""
    engine = a_database(tmp_path)
    tables = set(inspect(engine).get_table_names())
    engine.dispose()
    assert set(metadata.tables) | {"alembic_version"} == tables


def test_the_migrations_form_one_line() -> None:
    """Each migration follows the one before; its number is its file's."""
    constants = [constants_of(path) for path in FILES]
    revisions = [found["revision"] for found in constants]
    assert [path.name[:4] for path in FILES] == revisions
    assert [None, *revisions[:-1]] == [found["down_revision"] for found in constants]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_migration_imports_nothing_of_ours(path: Path) -> None:
    """A migration is history: it stands on Alembic, SQLAlchemy and Python alone."""
    imported = re.findall(r"^(?:from|import) (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert {"alembic", "sqlalchemy"} >= set(imported) - sys.stdlib_module_names
