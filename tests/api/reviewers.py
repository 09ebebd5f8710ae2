"""Reviewers before the door, without the work of an invitation and a password."""

from __future__ import annotations

from itertools import count

from identity.people import Role
from runtime.database import writing
from store.people import keep_member
from store.sessions import new_token, start_session
from tests.api.callers import Caller, Desk
from tests.installation import take_down

NAME = "Robin Reviewer"
_numbers = count(1)


def a_member(desk: Desk, role: Role = Role.REVIEWER) -> Caller:
    """Return a fresh reviewer (or operator), signed in."""
    username, token, now = f"desk{next(_numbers)}@exchange.example", new_token(), desk.house.clock.now()
    with writing(desk.house.engine) as connection:
        member = keep_member(connection, role, username, NAME, username, now)
        session, _ended = start_session(connection, member, token, now)
    take_down(desk.house, member)
    caller = desk.caller()
    caller.client.cookies.set("session", token)
    caller.csrf, caller.person = session.csrf, member
    return caller
