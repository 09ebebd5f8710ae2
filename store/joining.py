"""Facts for those who join, and for those who approve that somebody joins.

Law: what opens an account is an invitation that the house kept, looked up by the digest of the
code that somebody shows; nothing that they say of themselves counts.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from audit.entry import Actor
from identity.invitations import CONSOLE, Invitation, Standing
from identity.people import Role
from policies.fact_groups import Approval, Enrolment
from policies.fact_groups import Person as PersonFacts
from policies.facts import ApprovePersonFacts, EnrolFactorFacts
from policies.gate import Ask
from policies.numbers import Numbers
from runtime.clock import rfc3339
from store.invitations import InvitationNotFoundError, invitation_by_digest, invitation_by_id
from store.people import PersonNotFoundError, person_by_id
from store.standing import person_facts, service_facts, session_facts

_ACCEPTABLE = frozenset({Standing.OPEN, Standing.ACCEPTED})


def enrol_factor_facts(
    connection: Connection, actor: Actor, ask: Ask, now: datetime, *, is_demo: bool
) -> EnrolFactorFacts:
    """Return the facts of a factor to make for the person who is the ask's resource.

    The claim `invitation` is the digest of the code that was shown; the console shows none.
    """
    try:
        person = person_by_id(connection, ask.resource.id)
    except PersonNotFoundError:
        person = None
    digest = str(ask.claims.get("invitation", ""))
    asks_for_self = person is not None and actor.id == person.id
    enrolment = Enrolment(
        known=person is not None,
        invited=asks_for_self and _is_acceptable(connection, digest, ask.resource.id, now),
        demo=is_demo and actor.kind in {"operator", "service"},
    )
    if person is None or not asks_for_self:
        return EnrolFactorFacts(person=service_facts(actor), enrolment=enrolment)
    # An account that isn't open yet, or was idle too long, is what an invitation is for.
    facts = PersonFacts(role=person.role.value, disabled=person.disabled, idle_days=0, recorded=False)
    return EnrolFactorFacts(person=facts, enrolment=enrolment)


def approve_person_facts(
    connection: Connection, actor: Actor, ask: Ask, now: datetime, numbers: Numbers
) -> ApprovePersonFacts:
    """Return the facts of approving the invitation that is the ask's resource."""
    person = person_by_id(connection, actor.id)
    try:
        invitation = invitation_by_id(connection, ask.resource.id)
        approval = Approval(
            is_open=invitation.standing(rfc3339(now)) is Standing.WAITING,
            is_second_person=_is_second_person(connection, actor, invitation),
        )
    except InvitationNotFoundError:
        approval = Approval(is_open=False, is_second_person=False)
    return ApprovePersonFacts(
        person=person_facts(person, now),
        session=session_facts(connection, actor, numbers, now),
        approval=approval,
    )


def _is_acceptable(connection: Connection, digest: str, person: str, now: datetime) -> bool:
    try:
        invitation = invitation_by_digest(connection, digest)
    except InvitationNotFoundError:
        return False
    approved = invitation.approved_at is not None
    return approved and invitation.person == person and invitation.standing(rfc3339(now)) in _ACCEPTABLE


def _is_second_person(connection: Connection, actor: Actor, invitation: Invitation) -> bool:
    if actor.id in {invitation.person, invitation.invited_by}:
        return False
    if invitation.invited_by != CONSOLE:
        return True
    # The console's operator may be any of the operators.
    invited = person_by_id(connection, invitation.person).role
    return actor.role == Role.REVIEWER or invited is Role.REVIEWER
