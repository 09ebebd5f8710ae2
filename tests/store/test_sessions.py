"""Tests of sign-in sessions: one a person, and no token stored."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from sqlalchemy import Connection, Engine, select

from runtime.clock import rfc3339
from runtime.database import writing
from store.people import person_by_licence
from store.sessions import (
    count_open,
    digest_of,
    end_session,
    find_session,
    new_token,
    start_session,
    touch_session,
)
from store.tables import sessions
from tests.installation import SATURDAY
from tests.store.makers import AGENT

LATER = SATURDAY + timedelta(minutes=5)


def the_agent(connection: Connection) -> str:
    """Return the agent's id."""
    return person_by_licence(connection, AGENT).id


def test_a_session_begins_open(engine: Engine) -> None:
    """A new session is its person's, open, and its second factor is as old as itself."""
    token = new_token()
    with writing(engine) as connection:
        agent = the_agent(connection)
        session, ended = start_session(connection, agent, token, SATURDAY)
        found = find_session(connection, digest_of(token))
    assert [] == ended
    assert session == found
    moment = rfc3339(SATURDAY)
    assert (agent, moment, moment, moment, None) == (
        session.person,
        session.created_at,
        session.used_at,
        session.mfa_at,
        session.ended_at,
    )


def test_the_token_is_not_stored(engine: Engine) -> None:
    """Of a token its SHA-256 is kept and nothing else: no column of the row holds it."""
    token = new_token()
    with writing(engine) as connection:
        start_session(connection, the_agent(connection), token, SATURDAY)
        row = connection.execute(select(sessions)).one()
    assert hashlib.sha256(token.encode()).hexdigest() == row.digest
    assert [] == [value for value in row if value is not None and token in value]


def test_a_person_has_one_session(engine: Engine) -> None:
    """Signing in anew ends the session before, and says which; other people's go on."""
    one, two, others = new_token(), new_token(), new_token()
    with writing(engine) as connection:
        agent = the_agent(connection)
        other = person_by_licence(connection, "0C86404").id
        start_session(connection, other, others, SATURDAY)
        start_session(connection, agent, one, SATURDAY)
        _, ended = start_session(connection, agent, two, LATER)
        old, new = (find_session(connection, digest_of(token)) for token in (one, two))
        assert (1, 1) == (count_open(connection, agent), count_open(connection, other))
    assert [digest_of(one)] == ended
    assert old is not None
    assert new is not None
    assert (rfc3339(LATER), None) == (old.ended_at, new.ended_at)


def test_an_end_is_for_good(engine: Engine) -> None:
    """Ending a session again doesn't change when it ended."""
    token = new_token()
    with writing(engine) as connection:
        start_session(connection, the_agent(connection), token, SATURDAY)
        end_session(connection, digest_of(token), SATURDAY)
        end_session(connection, digest_of(token), LATER)
        session = find_session(connection, digest_of(token))
        assert 0 == count_open(connection, the_agent(connection))
    assert session is not None
    assert rfc3339(SATURDAY) == session.ended_at


def test_use_and_second_factor_are_told_apart(engine: Engine) -> None:
    """Using a session renews its use alone; a second factor renews both."""
    token = new_token()
    with writing(engine) as connection:
        start_session(connection, the_agent(connection), token, SATURDAY)
        touch_session(connection, digest_of(token), LATER)
        used = find_session(connection, digest_of(token))
        touch_session(connection, digest_of(token), LATER, mfa=True)
        proved = find_session(connection, digest_of(token))
    assert used is not None
    assert proved is not None
    assert (rfc3339(LATER), rfc3339(SATURDAY)) == (used.used_at, used.mfa_at)
    assert (rfc3339(LATER), rfc3339(LATER)) == (proved.used_at, proved.mfa_at)


def test_an_unknown_token_opens_nothing(engine: Engine) -> None:
    """A token that nobody was given, whatever text it is, finds no session."""
    with writing(engine) as connection:
        for token in ("", "x", "\ud800", new_token()):
            assert find_session(connection, digest_of(token)) is None


def test_tokens_differ() -> None:
    """Each token is new, and long enough not to be guessed."""
    tokens = {new_token() for _ in range(100)}
    assert 100 == len(tokens)
    assert {43} == {len(token) for token in tokens}
