"""Invitations as reviewers and operators see them: what waits for a second person, and approving it."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from api.documented import PROBLEMS
from api.errors import OvertakenError
from api.signed_in import Changer, HouseHere, SignedIn, Visitor
from audit.entry import Resource
from audit.events import Event
from house.wiring import House
from identity.people import MEMBERS
from policies.actions import Action
from policies.gate import Ask
from policies.maskers import Masker, mask
from runtime.clock import rfc3339
from runtime.database import reading
from store.invitations import (
    InvitationNotFoundError,
    invitation_by_id,
    note_approved,
    pending_invitations,
)
from store.people import person_by_id

router = APIRouter(prefix="/v1/invitations", tags=["people"], responses=PROBLEMS)


class InvitationBody(BaseModel):
    """An invitation that isn't over; moments are RFC 3339 in UTC."""

    id: str
    kind: str
    standing: str
    role: str
    name: str
    licence: str | None
    address: str | None
    created_at: str
    expires_at: str


class InvitationList(BaseModel):
    """What isn't over, newest first."""

    items: list[InvitationBody]


@router.get("")
def show_invitations(visitor: Visitor, house: HouseHere) -> InvitationList:
    """List the invitations that aren't over, for those who may approve them."""
    return list_invitations(house, visitor)


@router.post("/{invitation}/approve", status_code=204)
def approve(invitation: str, visitor: Changer, house: HouseHere) -> None:
    """Approve an invitation as its second person; needs a fresh second factor."""
    approve_invitation(house, visitor, invitation)


def list_invitations(house: House, visitor: SignedIn) -> InvitationList:
    """Return the list, for JSON and HTML alike; InvitationNotFoundError for agents and managers."""
    if visitor.person.role not in MEMBERS:
        raise InvitationNotFoundError("invitations are the reviewers' and operators'")
    now = house.clock.now()
    items: list[InvitationBody] = []
    with reading(house.engine) as connection:
        for one in pending_invitations(connection, now):
            person = person_by_id(connection, one.person)
            items.append(
                InvitationBody(
                    id=one.id,
                    kind=one.kind.value,
                    standing=one.standing(rfc3339(now)).value,
                    role=person.role.value,
                    name=person.papers.name,
                    licence=person.papers.licence or None,
                    address=mask(Masker.EMAIL, person.papers.email),
                    created_at=one.created_at,
                    expires_at=one.expires_at,
                )
            )
    return InvitationList(items=items)


def approve_invitation(house: House, visitor: SignedIn, invitation: str) -> None:
    """Approve an invitation, for JSON and HTML alike.

    Raises RefusedError, InvitationNotFoundError and OvertakenError.
    """
    try:
        named = str(UUID(invitation))
    except ValueError:
        raise InvitationNotFoundError("there is no such invitation") from None
    with house.gate.transaction(visitor.who) as tx:
        resource = Resource(kind="invitation", id=named)
        permit = tx.decide(Ask(action=Action.APPROVE_PERSON, resource=resource))
        found = invitation_by_id(tx.connection, named)
        if not note_approved(tx.connection, named, tx.now):
            raise OvertakenError
        person = Resource(kind="person", id=found.person)
        record = house.records.of(tx.connection, found.person)
        tx.record(Event.PERSON_APPROVED, Action.APPROVE_PERSON, person, because=permit, record=record)
