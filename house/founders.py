"""The founding people of a live installation: invited by the founding itself, approved by it.

Two of them, a reviewer and an operator, so that whatever comes after finds a second person.
Their codes are shown to whoever founds, once, before the installation counts as made: a founding
that dies before that is begun anew, with other codes.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from audit.entry import Actor, Draft, Resource
from audit.events import Event, Outcome
from house.invitations import Invited, add_member, draw_invitation
from identity.invitations import Kind
from identity.people import Newcomer
from policies.actions import Action
from policies.numbers import Numbers
from store.invitations import keep_invitation
from store.people import person_by_id
from store.records import Records

BY_FOUNDING = "founding"


def invite_founders(
    connection: Connection,
    founders: tuple[Newcomer, ...],
    now: datetime,
    actor: Actor,
    client: str,
    records: Records,
) -> tuple[list[Invited], list[Draft]]:
    """Add the founding people with open invitations; return these and the entries that tell of them."""
    invited: list[Invited] = []
    drafts: list[Draft] = []
    seconds = Numbers.load().invitation_seconds
    for founder in founders:
        person = add_member(connection, founder, now)
        invitation, code = draw_invitation(person, Kind.JOIN, now, seconds=seconds, approved=True)
        keep_invitation(connection, invitation)
        invited.append(Invited(person=person_by_id(connection, person), invitation=invitation, code=code))
        drafts += [
            Draft(
                event=event,
                outcome=Outcome.DONE,
                actor=actor,
                client=client,
                action=Action.MANAGE_PEOPLE.value,
                resource=Resource(kind="person", id=person),
                reason=BY_FOUNDING,
                record=records.of(connection, person),
            )
            for event in (Event.PERSON_INVITED, Event.PERSON_APPROVED)
        ]
    return invited, drafts
