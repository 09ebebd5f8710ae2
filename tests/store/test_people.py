"""Tests of people as rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from identity.people import Role
from identity.roster import read_roster
from runtime.clock import rfc3339
from runtime.database import reading, writing
from store.people import (
    PersonNotFoundError,
    keep_password,
    keep_roster,
    keep_sign_in,
    newest_roster,
    person_by_id,
    person_by_licence,
    person_by_username,
)
from tests.factories import a_database
from tests.installation import DATA, SATURDAY
from tests.store.makers import AGENT

ROSTER = read_roster((DATA / "roster.csv").read_bytes())
LATER = SATURDAY + timedelta(days=7)


def test_a_first_roster_is_all_new(tmp_path: Path) -> None:
    """Everybody of a first roster is new, and comes back with the papers that it has."""
    engine = a_database(tmp_path)
    with writing(engine) as connection:
        assert newest_roster(connection) is None
        taken = keep_roster(connection, ROSTER, SATURDAY)
        assert (24, 0, 0, 24) == (taken.added, taken.known, taken.left, len(set(taken.changed)))
        assert ROSTER == [person_by_licence(connection, papers.licence).papers for papers in ROSTER]
        assert rfc3339(SATURDAY) == newest_roster(connection)
    engine.dispose()


def test_a_new_person_cant_sign_in_yet(engine: Engine) -> None:
    """Whoever comes with a roster has a name to sign in by, and no password, sign-in or reset."""
    with reading(engine) as connection:
        person = person_by_licence(connection, AGENT)
    assert (AGENT, Role.AGENT, False) == (person.username, person.role, person.disabled)
    assert (None, None, None) == (person.password_hash, person.last_sign_in_at, person.factors_reset_at)


def test_a_later_roster_renews_the_known(engine: Engine) -> None:
    """Known people keep who they are and get the new papers; only the others are new."""
    moved = replace(ROSTER[0], email="new@agents.example", email_changed_on=date(2026, 11, 25))
    added = replace(ROSTER[0], licence="0Z99999", email="other@agents.example")
    with writing(engine) as connection:
        before = person_by_licence(connection, AGENT)
        keep_password(connection, before.id, "hash")
        taken = keep_roster(connection, [moved, added], LATER)
        assert (1, 1, 0) == (taken.added, taken.known, taken.left)
        after = person_by_licence(connection, AGENT)
        assert person_by_licence(connection, "0Z99999").id != before.id
    assert replace(before, papers=moved, password_hash="hash", roster_at=rfc3339(LATER)) == after


def test_who_left_the_roster_keeps_the_old_date(engine: Engine) -> None:
    """An agent who stands in no later roster stays with the papers and the date of the last one."""
    with writing(engine) as connection:
        keep_roster(connection, ROSTER[1:], LATER)
        left, stayed = (person_by_licence(connection, papers.licence) for papers in ROSTER[:2])
        assert rfc3339(LATER) == newest_roster(connection)
    assert (rfc3339(SATURDAY), rfc3339(LATER)) == (left.roster_at, stayed.roster_at)


def test_a_person_is_found_by_each_of_their_names(engine: Engine) -> None:
    """Id, licence number and user name lead to the same person."""
    with reading(engine) as connection:
        person = person_by_licence(connection, AGENT)
        assert person == person_by_id(connection, person.id)
        assert person == person_by_username(connection, person.username)


@pytest.mark.parametrize("find", [person_by_id, person_by_licence, person_by_username])
def test_nobody_is_found_by_another_name(engine: Engine, find: object) -> None:
    """A name that nobody has is an error that doesn't repeat it."""
    assert callable(find)
    with reading(engine) as connection, pytest.raises(PersonNotFoundError) as thrown:
        find(connection, "Planted' OR '1'='1")
    assert "Planted" not in str(thrown.value)


def test_a_sign_in_is_remembered(engine: Engine) -> None:
    """When somebody last signed in stands with the person, and with nobody else."""
    with writing(engine) as connection:
        person = person_by_licence(connection, AGENT)
        keep_sign_in(connection, person.id, LATER)
        assert rfc3339(LATER) == person_by_id(connection, person.id).last_sign_in_at
        assert person_by_licence(connection, "0C86404").last_sign_in_at is None


def test_a_roster_is_taken_whole_or_not_at_all(engine: Engine) -> None:
    """A roster that breaks half-way leaves everybody as they were."""
    nameless = replace(ROSTER[1], name=None)  # type: ignore[arg-type]  # the database must refuse it

    def take_broken() -> None:
        with writing(engine) as connection:
            keep_roster(connection, [ROSTER[0], nameless], LATER)

    with pytest.raises(IntegrityError):
        take_broken()
    with reading(engine) as connection:
        assert rfc3339(SATURDAY) == newest_roster(connection)
