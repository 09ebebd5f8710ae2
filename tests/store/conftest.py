"""A database with people in it, and a whole installation for all that only look."""

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
from tests.store.household import Household, a_household


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """Return a database that knows the test roster."""
    engine = a_database(tmp_path)
    with writing(engine) as connection:
        keep_roster(connection, read_roster((DATA / "roster.csv").read_bytes()), SATURDAY)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def household(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Household]:
    """Found the household once; its tests read only, or change what no other looks at."""
    with a_household(tmp_path_factory.mktemp("facts")) as household:
        yield household
