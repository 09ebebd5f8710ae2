"""Invitations as rows: one that isn't over a person, and each step taken once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine

from house.invitations import draw_invitation
from identity.invitations import Invitation, Kind, Standing
from runtime.clock import rfc3339
from runtime.database import writing
from store.invitations import (
    InvitationNotFoundError,
    invitation_by_digest,
    invitation_by_id,
    keep_invitation,
    note_accepted,
    note_approved,
    note_joined,
    pending_invitations,
)
from store.people import person_by_licence
from tests.installation import SATURDAY
from tests.store.makers import AGENT

LATER = SATURDAY + timedelta(hours=1)


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """A write transaction on a database with the test roster."""
    with writing(engine) as opened:
        yield opened


def an_invitation(connection: Connection, licence: str = AGENT) -> Invitation:
    """Keep a fresh invitation that waits for its approval."""
    person = person_by_licence(connection, licence).id
    made, _code = draw_invitation(person, Kind.JOIN, SATURDAY, seconds=7200, approved=False)
    keep_invitation(connection, made)
    return made


def test_an_invitation_is_found_by_its_id_and_its_codes_digest(connection: Connection) -> None:
    """What was kept comes back the same; another id or digest is an error that repeats neither."""
    made = an_invitation(connection)
    assert made == invitation_by_id(connection, made.id) == invitation_by_digest(connection, made.code_digest)
    for find in (invitation_by_id, invitation_by_digest):
        with pytest.raises(InvitationNotFoundError) as thrown:
            find(connection, "planted")
        assert "planted" not in str(thrown.value)


def test_a_new_invitation_withdraws_the_older_with_its_password(connection: Connection) -> None:
    """Of one person the newest is left; another person's isn't touched."""
    old, other = an_invitation(connection), an_invitation(connection, "0C86404")
    note_approved(connection, old.id, SATURDAY)
    note_accepted(connection, invitation_by_id(connection, old.id), "hash", SATURDAY)
    new = an_invitation(connection)

    withdrawn = invitation_by_id(connection, old.id)
    assert (Standing.WITHDRAWN, None) == (withdrawn.standing(rfc3339(LATER)), withdrawn.password_hash)
    assert {new.id, other.id} == {one.id for one in pending_invitations(connection, LATER)}


def test_each_step_counts_once(connection: Connection) -> None:
    """Approving, accepting as it was read, joining: the second try of each finds it done."""
    made = an_invitation(connection)
    assert [True, False] == [note_approved(connection, made.id, LATER) for _ in range(2)]
    assert [True, False] == [note_accepted(connection, made, each, LATER) for each in ("one", "two")]
    accepted = invitation_by_id(connection, made.id)
    assert "one" == accepted.password_hash
    assert [True, False] == [note_joined(connection, accepted, LATER) for _ in range(2)]


def test_an_acceptance_meanwhile_keeps_an_older_reader_from_joining(connection: Connection) -> None:
    """Who read it before it was accepted again neither accepts nor joins with what they read."""
    made = an_invitation(connection)
    note_accepted(connection, made, "one", LATER)
    stale = invitation_by_id(connection, made.id)
    assert note_accepted(connection, stale, "two", LATER)

    assert not note_accepted(connection, stale, "three", LATER)
    assert not note_joined(connection, stale, LATER)


def test_a_joined_invitation_is_over(connection: Connection) -> None:
    """It keeps no password's hash, is on no list, and takes no further step."""
    made = an_invitation(connection)
    note_accepted(connection, made, "one", LATER)
    note_joined(connection, invitation_by_id(connection, made.id), LATER)

    joined = invitation_by_id(connection, made.id)
    assert (Standing.JOINED, None) == (joined.standing(rfc3339(LATER)), joined.password_hash)
    assert [] == pending_invitations(connection, LATER)
    assert not note_approved(connection, made.id, LATER)
    assert not note_accepted(connection, replace(joined), "two", LATER)


def test_what_is_over_its_time_is_not_pending(connection: Connection) -> None:
    """At its end to the microsecond an invitation leaves the list."""
    an_invitation(connection)
    end = SATURDAY + timedelta(seconds=7200)
    assert 1 == len(pending_invitations(connection, end - timedelta(microseconds=1)))
    assert [] == pending_invitations(connection, end)
