"""Exports at the door: ask for one, look at one's own, have a book's passphrase shown.

Laws
1. Asking and recording are one transaction; the queue is woken after it, and may be asleep.
2. An export is its requester's. To anybody else it isn't there, and the ledger keeps that they
   looked, or tried to have something shown.
3. A passphrase is shown once the ledger says `release.started`, and says so only while the
   export still is what was permitted. What was started counts as disclosed.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Header, Response

from api.documented import PROBLEMS
from api.errors import KeyReusedError, OvertakenError
from api.export_bodies import (
    AskedExport,
    ExportBody,
    ExportList,
    OthersExportBody,
    Passphrase,
    count_reveals,
    purpose_code,
    show_export,
)
from api.signed_in import Changer, HouseHere, SignedIn, Visitor
from audit.entry import Resource
from audit.events import Event, Outcome
from exports.errors import ExportNotFoundError, WrongStateError
from exports.export import Export, read_export_id
from exports.states import REVEALABLE, State
from house.wiring import House
from policies.actions import Action
from policies.columns import Profile
from policies.gate import Ask, Pending, Transaction
from policies.grant import Grant
from runtime.broker import ADVANCE, wake
from runtime.clock import rfc3339
from runtime.database import hold, reading
from store.exports import add_export, export_by_id, export_of_key, exports_of, move_unclaimed
from store.oversight import exports_by_others, note_asked

router = APIRouter(prefix="/v1/exports", tags=["exports"], responses=PROBLEMS)

_Key = Annotated[str | None, Header(pattern=r"^[A-Za-z0-9._:-]{1,128}$")]


@router.post("", status_code=202)
def request_export(
    body: AskedExport,
    visitor: Changer,
    house: HouseHere,
    response: Response,
    idempotency_key: _Key = None,
) -> ExportBody:
    """Ask for a Book of Business. With an Idempotency-Key a repeat finds the same export."""
    with house.gate.transaction(visitor.who) as tx:
        known = export_of_key(tx.connection, visitor.person.id, idempotency_key) if idempotency_key else None
        export = known.id if known else _add(tx, body, visitor, idempotency_key)
    if known is None:
        wake(house.queue, ADVANCE, export)
    elif not _is_same(known, body, visitor):
        raise KeyReusedError
    response.headers["Location"] = f"/v1/exports/{export}"
    with reading(house.engine) as connection:
        return show_export(connection, export_by_id(connection, export), house.clock.now())


@router.get("")
def list_exports(visitor: Visitor, house: HouseHere) -> ExportList:
    """List one's own exports, newest first, and that others asked for one's book."""
    with reading(house.engine) as connection:
        mine = exports_of(connection, visitor.person.id)
        others = exports_by_others(connection, visitor.person.papers.licence, visitor.person.id)
        return ExportList(
            items=[show_export(connection, export, house.clock.now()) for export in mine],
            others=[OthersExportBody(**vars(export)) for export in others],
        )


@router.get("/{export}")
def look_at_export(export: str, visitor: Visitor, house: HouseHere) -> ExportBody:
    """Show how an export of one's own stands."""
    found = find_own(house, visitor, export)
    with reading(house.engine) as connection:
        return show_export(connection, found, house.clock.now())


def find_own(house: House, visitor: SignedIn, export: str) -> Export:
    """Return an export of the visitor's; of another's, or none, ExportNotFoundError and an entry."""
    sought = read_export_id(export)
    with reading(house.engine) as connection, suppress(ExportNotFoundError):
        found = export_by_id(connection, sought)
        if found.requester == visitor.person.id:
            return found
    with house.gate.transaction(visitor.who) as tx:
        resource = Resource(kind="export", id=sought)
        tx.record(Event.EXPORT_SOUGHT, "SeeExport", resource, outcome=Outcome.REFUSE)
    raise ExportNotFoundError("there is no such export of this person")


@router.post("/{export}/passphrase")
def reveal_passphrase(export: str, visitor: Changer, house: HouseHere) -> Passphrase:
    """Show a book's passphrase. Each showing is recorded and counted."""
    permit = _permit_reveal(house, visitor, read_export_id(export))
    grant = permit.grant()
    passphrase = house.vault.reveal_passphrase(grant.index)
    shown = _start_release(house, visitor, permit, grant)
    # Dying from here on leaves a release that started and never ended: it counts as disclosed.
    _end_release(house, visitor, grant)
    return Passphrase(
        passphrase=passphrase, reveals_left=max(0, house.policy.numbers.reveals_per_book - shown)
    )


def _add(tx: Transaction, body: AskedExport, visitor: SignedIn, idempotency_key: str | None) -> str:
    export = str(uuid4())
    claims = {
        "agent": body.agent,
        "purpose": purpose_code(body.purpose),
        "channel": body.channel,
        "acknowledged": body.acknowledged,
    }
    resource = Resource(kind="export", id=export)
    permit = tx.decide(Ask(action=Action.REQUEST_EXPORT, resource=resource, claims=claims))
    add_export(
        tx.connection,
        id=export,
        requester=visitor.person.id,
        agent=permit.bound.agent,
        purpose=permit.bound.purpose,
        profile=permit.bound.profile,
        channel=permit.bound.channel,
        idempotency_key=idempotency_key,
        created_at=rfc3339(tx.now),
    )
    if permit.bound.profile == Profile.MANAGER and permit.bound.agent:
        note_asked(tx.connection, export, permit.bound.agent, tx.now)
    return export


def _is_same(known: Export, body: AskedExport, visitor: SignedIn) -> bool:
    asked = (purpose_code(body.purpose), body.channel, body.agent or visitor.person.papers.licence)
    return body.acknowledged and asked == (known.purpose, known.channel, known.agent)


def _permit_reveal(house: House, visitor: SignedIn, export: str) -> Pending:
    """tx6: the permit, while the export may be revealed."""
    with house.gate.transaction(visitor.who) as tx:
        resource = Resource(kind="export", id=export)
        permit = tx.decide(Ask(action=Action.REVEAL_PASSPHRASE, resource=resource))
        found = export_by_id(tx.connection, export)
        state = found.state_at(tx.now)
        if state not in REVEALABLE[found.channel] or found.built_fencing is None:
            raise WrongStateError(state)
    return permit


def _start_release(house: House, visitor: SignedIn, permit: Pending, grant: Grant) -> int:
    """tx7: `release.started`, unless the export moved on; return how often it was shown with this."""
    with house.gate.transaction(visitor.who) as tx:
        # Two people may have the same book's passphrase shown at once: one after the other.
        hold(tx.connection, f"reveals:{grant.resource.id}")
        found = export_by_id(tx.connection, grant.resource.id)
        shown = count_reveals(tx.connection, found.id)
        if (
            found.state_at(tx.now) not in REVEALABLE[found.channel]
            or found.built_fencing != grant.fencing
            or shown >= house.policy.numbers.reveals_per_book
        ):
            raise OvertakenError
        _record(tx, Event.RELEASE_STARTED, found, grant, recipient=permit.bound.recipient)
    return shown + 1


def _end_release(house: House, visitor: SignedIn, grant: Grant) -> None:
    """tx8: `release.ended`; a mailed book counts as received (one by link when it was downloaded)."""
    with house.gate.transaction(visitor.who) as tx:
        found = export_by_id(tx.connection, grant.resource.id)
        if found.state is State.SENT and found.channel == "email":
            move_unclaimed(tx.connection, found.id, State.SENT, State.RECEIVED)
        _record(tx, Event.RELEASE_ENDED, found, grant, state="complete")


def _record(tx: Transaction, event: Event, export: Export, grant: Grant, **fields: Any) -> None:
    tx.record(
        event,
        Action.REVEAL_PASSPHRASE,
        grant.resource,
        because=grant,
        agent=export.agent,
        export=export.id,
        fencing=grant.fencing,
        channel=export.channel,
        book=export.book_digest,
        **fields,
    )
