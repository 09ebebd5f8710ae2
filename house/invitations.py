"""Invite people and reset what they sign in with: the operator's part, at the console.

Laws
1. The code goes to the registered address and to nobody else. It is in memory only, between
   drawing it and mailing it; outside a demo nothing prints it but the founding (`founders.py`).
2. The mail server accepted the address before anything is kept; the invitation is committed
   before its code is mailed. A mail that got lost means: invite again, which withdraws the older.
3. An invitation opens nothing before a second person approved it. A demo approves by itself,
   and the entry says so.
4. A reset works at once: sessions end, the password is gone, the hold of rule R38 runs. What
   opens the account again is an invitation like any other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection

from audit.entry import Resource
from audit.events import Event
from delivery.invitation import compose_invitation
from delivery.smtp import MailError
from house.post import Post
from house.wiring import House
from identity.invitations import CONSOLE, Invitation, Kind, digest_of_code, new_code
from identity.people import Newcomer, Person
from policies.actions import Action
from policies.gate import Ask, Position, Transaction, Who
from runtime.clock import rfc3339
from runtime.database import reading
from store.invitations import keep_invitation
from store.people import (
    PersonNotFoundError,
    keep_member,
    keep_reset,
    member_by_email,
    person_by_id,
    person_by_licence,
)
from store.sessions import end_sessions

BY_DEMO = "demo-mode"


class InvitingError(Exception):
    """This person can't be invited like that; the message says what to do instead."""


@dataclass(frozen=True, kw_only=True)
class Invited:
    """An invitation that was kept, of whom, and its code, which is nowhere else."""

    person: Person
    invitation: Invitation
    code: str = field(repr=False)


def invite_agent(house: House, who: Who, licence: str, post: Post | None) -> Invited:
    """Invite an agent or a manager of the roster. `post` may be missing in a demo only."""
    with reading(house.engine) as connection:
        person = person_by_licence(connection, licence)
    _check_new(person)
    return _invite(house, who, person.id, person.papers.email, post)


def invite_member(house: House, who: Who, newcomer: Newcomer, post: Post | None) -> Invited:
    """Invite a reviewer or an operator, whom the house may not know yet."""
    with reading(house.engine) as connection:
        known = member_by_email(connection, newcomer.email)
    if known is not None:
        _check_new(known)
        if known.role is not newcomer.role:
            raise InvitingError(f"this address is a {known.role.value}'s; one person has one role")
    return _invite(house, who, newcomer if known is None else known.id, newcomer.email, post)


def reset_person(house: House, who: Who, handle: str, post: Post | None) -> Invited:
    """Take from a person what they sign in with, and invite them anew.

    `handle` is an agent's licence number or a member's address; PersonNotFoundError.
    """
    with reading(house.engine) as connection:
        person = _find(connection, handle)
    if not person.was_here:
        raise InvitingError("this person never joined, so there is nothing to reset: invite them")
    return _invite(house, who, person.id, person.papers.email, post, Kind.RESET)


def add_member(connection: Connection, newcomer: Newcomer, now: datetime, member: str | None = None) -> str:
    """Add somebody who isn't in the house yet, by a fresh id or that one; return it."""
    username = newcomer.email.casefold()
    return keep_member(connection, newcomer.role, username, newcomer.name, newcomer.email, now, member=member)


def draw_invitation(
    person: str, kind: Kind, now: datetime, *, seconds: int, approved: bool
) -> tuple[Invitation, str]:
    """Return a fresh invitation by the console, and its code."""
    code = new_code()
    moment = rfc3339(now)
    invitation = Invitation(
        id=str(uuid4()),
        person=person,
        kind=kind,
        code_digest=digest_of_code(code),
        invited_by=CONSOLE,
        created_at=moment,
        expires_at=rfc3339(now + timedelta(seconds=seconds)),
        approved_at=moment if approved else None,
        accepted_at=None,
        password_hash=None,
        joined_at=None,
        withdrawn_at=None,
    )
    return invitation, code


def _find(connection: Connection, handle: str) -> Person:
    if "@" not in handle:
        return person_by_licence(connection, handle)
    member = member_by_email(connection, handle)
    if member is None:
        raise PersonNotFoundError("there is no reviewer or operator of that address")
    return member


def _check_new(person: Person) -> None:
    if person.was_here:
        raise InvitingError("this person joined already; for a new second factor: sealedbook people reset")


def _invite(
    house: House,
    who: Who,
    whom: str | Newcomer,
    email: str,
    post: Post | None,
    kind: Kind = Kind.JOIN,
) -> Invited:
    if post is None:
        if house.settings.mode != "demo":
            raise InvitingError("outside a demo an invitation goes by mail only")
        return _keep(house, who, whom, kind)
    try:
        with post.road.address(post.sender, email) as addressed:
            invited = _keep(house, who, whom, kind)
            addressed.send(
                compose_invitation(
                    invited.invitation,
                    invited.code,
                    sender=post.sender,
                    recipient=email,
                    portal=post.portal,
                    exchange=house.settings.exchange,
                    origin=house.settings.origin,
                )
            )
    except MailError as error:
        raise InvitingError(
            f"the mail server didn't take the invitation ({error.reason.value}): invite again"
        ) from None
    return invited


def _keep(house: House, who: Who, whom: str | Newcomer, kind: Kind) -> Invited:
    is_demo = house.settings.mode == "demo"
    with house.gate.transaction(who) as tx:
        person = str(uuid4()) if isinstance(whom, Newcomer) else whom
        resource = Resource(kind="person", id=person)
        # Before anything is changed: the record as it was has to be sound.
        permit = tx.decide(Ask(action=Action.MANAGE_PEOPLE, resource=resource))
        if isinstance(whom, Newcomer):
            add_member(tx.connection, whom, tx.now, person)
        if kind is Kind.RESET:
            _reset(tx, resource, permit)
        seconds = house.policy.numbers.invitation_seconds
        invitation, code = draw_invitation(person, kind, tx.now, seconds=seconds, approved=is_demo)
        keep_invitation(tx.connection, invitation)
        told: dict[str, Any] = {"because": permit, "record": house.records.of(tx.connection, person)}
        if kind is Kind.RESET:
            tx.record(Event.PERSON_RESET, Action.MANAGE_PEOPLE, resource, **told)
        tx.record(Event.PERSON_INVITED, Action.MANAGE_PEOPLE, resource, **told)
        if is_demo:
            tx.record(Event.PERSON_APPROVED, Action.MANAGE_PEOPLE, resource, reason=BY_DEMO, **told)
        found = person_by_id(tx.connection, person)
    return Invited(person=found, invitation=invitation, code=code)


def _reset(tx: Transaction, resource: Resource, permit: Position) -> None:
    """Take a person's password and sessions."""
    keep_reset(tx.connection, resource.id, tx.now)
    for digest in end_sessions(tx.connection, resource.id, tx.now):
        ended = Resource(kind="session", id=digest)
        tx.record(Event.SESSION_ENDED, Action.MANAGE_PEOPLE, ended, because=permit)
