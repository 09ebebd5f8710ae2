"""Reviewers and operators of a demo, with a browser, and codes for those who are to join."""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import update

from house.invitations import add_member, invite_member
from identity.people import Newcomer, Role
from runtime.database import writing
from store.people import keep_joined
from store.sessions import new_token, start_session
from store.tables import invitations
from tests.api.callers import Desk
from tests.api.surfing import Surfer, a_surfer
from tests.installation import CONSOLE_WHO, take_down


def a_newcomer(role: Role = Role.REVIEWER) -> Newcomer:
    """Return somebody whom the house doesn't know."""
    return Newcomer(role=role, name="Robin Reviewer", email=f"{uuid4().hex}@exchange.example")


def a_code(desk: Desk, *, approved: bool = True) -> str:
    """Invite a reviewer; return their code."""
    invited = invite_member(desk.home.operator, CONSOLE_WHO, a_newcomer(), None)
    if not approved:
        with writing(desk.house.engine) as connection:
            mine = invitations.c.id == invited.invitation.id
            connection.execute(update(invitations).where(mine).values(approved_at=None))
        take_down(desk.house, invited.person.id)
    return invited.code


def a_member(desk: Desk, role: Role = Role.REVIEWER) -> Surfer:
    """Return somebody who joined before, signed in just now."""
    token, now = new_token(), desk.house.clock.now()
    with writing(desk.house.engine) as connection:
        person = add_member(connection, a_newcomer(role), now)
        keep_joined(connection, person, "no hash", now)
        start_session(connection, person, token, now)
    take_down(desk.house, person)
    surfer = a_surfer(desk)
    surfer.client.cookies.set("session", token)
    return surfer
