"""A person's own account: papers, address, session, and what they did here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from fastapi import APIRouter, Request, Response

from api.pages.frame import page
from api.pages.papers import papers_of
from api.pages.roles import AGENTS
from api.sessions import show_me
from api.signed_in import HouseHere, Visitor
from audit.events import Event
from audit.moments import moments_of_actor
from runtime.clock import parse_rfc3339
from runtime.database import reading

router = APIRouter(include_in_schema=False)

DEEDS: Mapping[Event, str] = MappingProxyType(
    {
        Event.SESSION_REQUESTED: "Sign-in or code checked",
        Event.SESSION_STARTED: "Signed in",
        Event.SESSION_ENDED: "Session ended",
        Event.EXPORT_REQUESTED: "Asked for a Book of Business",
        Event.EXPORT_REVOKED: "Revoked a book",
        Event.REVOCATION_REQUESTED: "Asked to revoke a book",
        Event.REVEAL_REQUESTED: "Asked for a passphrase",
        Event.DOWNLOAD_REQUESTED: "Asked for a download",
        Event.CONSUMERS_REQUESTED: "Looked at Active Consumers",
        Event.RELEASE_STARTED: "Hand-over began",
        Event.RELEASE_ENDED: "Hand-over ended",
    }
)
_HISTORY = 15


@router.get("/account")
def show_account(request: Request, visitor: Visitor, house: HouseHere) -> Response:
    """Show a person what the house knows of them and what it recorded of their doings."""
    person, numbers, now = visitor.person, house.policy.numbers, house.clock.now()
    with reading(house.engine) as connection:
        history = moments_of_actor(connection, person.id, limit=_HISTORY)
    reset = parse_rfc3339(person.factors_reset_at) if person.factors_reset_at else None
    hold = reset + timedelta(seconds=numbers.hold_seconds) if reset else None
    return page(
        request,
        "account.html",
        visitor,
        me=show_me(visitor, house),
        papers=papers_of(person.papers, numbers, now) if person.role in AGENTS else [],
        hold=hold if hold and hold > now else None,
        history=history,
        deeds=DEEDS,
        numbers=numbers,
    )
