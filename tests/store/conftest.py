"""A database with people in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from identity.roster import read_roster
from runtime.database import writing
from store.people import keep_roster
from tests.factories import a_database
from tests.installation import DATA, SATURDAY


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """Return a database that knows the test roster."""
    engine = a_database(tmp_path)
    with writing(engine) as connection:
        keep_roster(connection, read_roster((DATA / "roster.csv").read_bytes()), SATURDAY)
    yield engine
    engine.dispose()
