"""What a roster would change is told by licences and columns, and changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import Engine

from identity.roster import read_roster
from runtime.clock import rfc3339
from runtime.database import reading, writing
from store.people import keep_roster, newest_roster
from store.rosters import RosterDifference, compare_roster
from tests.factories import a_database
from tests.installation import DATA, SATURDAY

ROSTER = read_roster((DATA / "roster.csv").read_bytes())


@pytest.fixture
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Return a database with the test roster."""
    engine = a_database(tmp_path_factory.mktemp("rosters"))
    with writing(engine) as connection:
        keep_roster(connection, ROSTER, SATURDAY)
    return engine


def test_the_same_roster_changes_nothing(engine: Engine) -> None:
    """Nobody is new, changed or missing."""
    with reading(engine) as connection:
        difference = compare_roster(connection, ROSTER)
    assert RosterDifference(new=(), back=(), missing=(), listed=len(ROSTER)) == difference
    assert 0 == difference.missing_percent


def test_new_changed_and_missing_agents_are_named(engine: Engine) -> None:
    """Columns stand in the order of the roster; nothing was written."""
    first, second, *others = ROSTER
    moved = replace(second, email="elsewhere@agents.example", attested_on=date(2026, 11, 1))
    fresh = replace(first, licence="0Z99999", email="fresh@agents.example")
    with reading(engine) as connection:
        difference = compare_roster(connection, [moved, fresh, *others])
        assert rfc3339(SATURDAY) == newest_roster(connection)
    assert ("0Z99999",) == difference.new
    assert {second.licence: ("email", "attested_on")} == difference.changed
    assert (first.licence,) == difference.missing
    assert 100 / len(ROSTER) == difference.missing_percent


def test_who_comes_back_is_told(engine: Engine) -> None:
    """Who was missing isn't missing twice, and is back when a roster lists them again."""
    with writing(engine) as connection:
        keep_roster(connection, ROSTER[1:], SATURDAY)
        assert () == compare_roster(connection, ROSTER[1:]).missing
        difference = compare_roster(connection, ROSTER)
    assert ((ROSTER[0].licence,), ()) == (difference.back, difference.new)
    assert len(ROSTER) - 1 == difference.listed


def test_before_the_first_roster_everybody_is_new(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nobody can be missing."""
    with reading(a_database(tmp_path_factory.mktemp("empty"))) as connection:
        difference = compare_roster(connection, ROSTER)
    assert (len(ROSTER), 0) == (len(difference.new), difference.missing_percent)
