"""What reviewers answer for: reviews of the log, broken glasses, released locks.

Laws
1. Each is a decision of the gate, and what follows from it is an entry of its own in the same transaction.
2. A broken glass lifts the quotas of rule R27 for who asked, for a while, and nothing else: it opens
   the ledger further and never a row. It closes by itself.
3. Reasons are codes (`GlassReason`); there is no free text.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import structlog
from fastapi import APIRouter
from pydantic import BaseModel

from api.documented import PROBLEMS
from api.errors import GlassNotFoundError
from api.looks import known_id, ledger_resource
from api.signed_in import Changer, HouseHere, SignedIn, Visitor
from audit.entry import Resource
from audit.events import Event
from exports.errors import ExportNotFoundError
from house.wiring import House
from identity.people import Role
from policies.actions import Action
from policies.gate import Ask
from runtime.clock import rfc3339
from runtime.database import reading
from store.glass import KIND, Glass, GlassReason, GlassState, find_glass, recent_glasses
from store.locks import locked_people
from store.reviews import large_exports, last_review

router = APIRouter(prefix="/v1", tags=["oversight"], responses=PROBLEMS)


class ReviewTold(BaseModel):
    """An attested review of the log: the entry's index, and what it follows from."""

    entry: int
    permit: int


class AskedGlass(BaseModel):
    """Why a glass is to be broken."""

    reason: GlassReason


class GlassTold(BaseModel):
    """One glass; `until` (RFC 3339 in UTC) is when it is over by itself."""

    id: str
    reason: str
    asked_by: str
    agreed_by: str | None
    state: GlassState
    until: str


class GlassesTold(BaseModel):
    """The glasses of late, oldest first."""

    items: list[GlassTold]


class LockTold(BaseModel):
    """Somebody whose sign-in is locked."""

    person: str
    name: str
    role: str
    failed: int


class LocksTold(BaseModel):
    """Everybody whose sign-in is locked now."""

    items: list[LockTold]


@router.post("/audit/reviews", status_code=201)
def take_review(visitor: Changer, house: HouseHere) -> ReviewTold:
    """Attest that the log was reviewed up to here."""
    return attest_review(house, visitor)


@router.get("/breakglass")
def show_glasses(visitor: Visitor, house: HouseHere) -> GlassesTold:
    """List the glasses that wait, are open, or were so lately."""
    return GlassesTold(items=[_glass_told(one) for one in list_glasses(house, visitor)])


@router.post("/breakglass", status_code=201)
def take_glass(body: AskedGlass, visitor: Changer, house: HouseHere) -> GlassTold:
    """Ask to break the glass; another reviewer has to agree."""
    return _glass_told(ask_glass(house, visitor, body.reason))


@router.post("/breakglass/{glass}/agree")
def take_agreement(glass: str, visitor: Changer, house: HouseHere) -> GlassTold:
    """Agree as the second reviewer; the glass is open for who asked."""
    return _glass_told(agree_to_glass(house, visitor, glass))


@router.post("/breakglass/{glass}/close")
def take_closing(glass: str, visitor: Changer, house: HouseHere) -> GlassTold:
    """Close a glass before its time."""
    return _glass_told(close_glass(house, visitor, glass))


@router.get("/locks")
def show_locks(visitor: Visitor, house: HouseHere) -> LocksTold:
    """List everybody whose sign-in is locked."""
    return list_locks(house, visitor)


@router.post("/locks/{person}/release", status_code=204)
def take_release(person: str, visitor: Changer, house: HouseHere) -> None:
    """Let a locked person try again."""
    release_lock(house, visitor, person)


def attest_review(house: House, visitor: SignedIn) -> ReviewTold:
    """Record a review, for JSON and HTML alike. Raises RefusedError."""
    resource = ledger_resource(house)
    with house.gate.transaction(visitor.who) as tx:
        permit = tx.decide(Ask(action=Action.READ_LEDGER, resource=resource, claims={"attests": True}))
        reviewed = tx.record(Event.LEDGER_REVIEWED, Action.READ_LEDGER, resource, because=permit)
    return ReviewTold(entry=reviewed.index, permit=permit.index)


def newest_review(house: House, visitor: SignedIn) -> tuple[str, str] | None:
    """Return who attested the last review and when (RFC 3339), if anybody did."""
    _reviewers_only(visitor)
    with reading(house.engine) as connection:
        found = last_review(connection)
    return None if found is None else (found.person, found.at)


def list_large_exports(house: House, visitor: SignedIn) -> list[str]:
    """Return the exports of large books since a review was due, for a second look (R27)."""
    _reviewers_only(visitor)
    days = timedelta(days=house.policy.numbers.review_days)
    with reading(house.engine) as connection:
        return large_exports(connection, rfc3339(house.clock.now() - days))


def list_glasses(house: House, visitor: SignedIn) -> list[Glass]:
    """Return the glasses of late, oldest first."""
    _reviewers_only(visitor)
    with reading(house.engine) as connection:
        return recent_glasses(connection, house.policy.numbers, house.clock.now())


def ask_glass(house: House, visitor: SignedIn, reason: GlassReason) -> Glass:
    """Ask for a glass. Raises RefusedError."""
    resource = Resource(kind=KIND, id=str(uuid4()))
    with house.gate.transaction(visitor.who) as tx:
        tx.decide(Ask(action=Action.BREAK_GLASS, resource=resource, claims={"reason": reason.value}))
    structlog.get_logger().warning("glass.asked", glass=resource.id, reason=reason.value)
    return _find(house, resource.id)


def agree_to_glass(house: House, visitor: SignedIn, glass: str) -> Glass:
    """Agree to a glass as its second person. Raises RefusedError, GlassNotFoundError."""
    resource = Resource(kind=KIND, id=_glass_id(glass))
    with house.gate.transaction(visitor.who) as tx:
        permit = tx.decide(Ask(action=Action.BREAK_GLASS, resource=resource))
        agreed = tx.record(Event.BREAKGLASS_APPROVED, Action.BREAK_GLASS, resource, because=permit)
        tx.record(Event.BREAKGLASS_OPENED, Action.BREAK_GLASS, resource, because=agreed)
    structlog.get_logger().warning("glass.broken", glass=resource.id)
    return _find(house, resource.id)


def close_glass(house: House, visitor: SignedIn, glass: str) -> Glass:
    """Close an open glass; who asked or agreed may. Raises GlassNotFoundError."""
    _reviewers_only(visitor)
    named = _glass_id(glass)
    with house.gate.transaction(visitor.who) as tx:
        found = find_glass(tx.connection, named, house.policy.numbers, tx.now)
        if found is None or visitor.person.id not in {found.asked_by, found.agreed_by}:
            raise GlassNotFoundError
        if found.state is GlassState.OPEN:
            resource = Resource(kind=KIND, id=named)
            tx.record(Event.BREAKGLASS_CLOSED, Action.BREAK_GLASS, resource, because=found.opened)
    return _find(house, named)


def list_locks(house: House, visitor: SignedIn) -> LocksTold:
    """Return who is locked, for JSON and HTML alike."""
    _reviewers_only(visitor)
    with reading(house.engine) as connection:
        locked = locked_people(connection, house.policy.numbers, house.clock.now())
    return LocksTold(
        items=[
            LockTold(person=one.id, name=one.papers.name, role=one.role.value, failed=failed)
            for one, failed in locked
        ]
    )


def release_lock(house: House, visitor: SignedIn, person: str) -> None:
    """Let a locked person try again, at the vault too. Raises RefusedError, VaultError."""
    named, is_known = known_id(house, person)
    resource = Resource(kind="person", id=named if is_known else "unknown")
    with house.gate.transaction(visitor.who) as tx:
        permit = tx.decide(Ask(action=Action.RELEASE_LOCK, resource=resource))
        tx.record(Event.LOCK_RELEASED, Action.RELEASE_LOCK, resource, because=permit)
    house.vault.release_factor(permit.grant().index)


def _reviewers_only(visitor: SignedIn) -> None:
    if visitor.person.role is not Role.REVIEWER:
        raise ExportNotFoundError("there is no such thing for this role")


def _glass_id(glass: str) -> str:
    try:
        return str(UUID(glass))
    except ValueError:
        raise GlassNotFoundError from None


def _find(house: House, glass: str) -> Glass:
    with reading(house.engine) as connection:
        found = find_glass(connection, glass, house.policy.numbers, house.clock.now())
    if found is None:
        raise GlassNotFoundError
    return found


def _glass_told(glass: Glass) -> GlassTold:
    return GlassTold(
        id=glass.id,
        reason=glass.reason,
        asked_by=glass.asked_by,
        agreed_by=glass.agreed_by,
        state=glass.state,
        until=rfc3339(glass.until),
    )
