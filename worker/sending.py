"""From a stored book to an answer of the mail server: tx4 and tx5 of the walk "By mail".

The order of the crossings is the point. Everything that may be repeated (connect, TLS,
recipient accepted) lies before `sending` is committed; after it the message is handed over
once. `release.started` is written before the vault gives the book's key.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from audit.events import Event
from delivery.books import open_stored_book
from delivery.mail import compose_mail
from delivery.smtp import AddressedMail, AnswerLostError, MailDeferredError, MailRefusedError
from exports.export import Claim, Export
from exports.states import Reason, State, Step
from house.wiring import WorkerHouse
from policies.actions import Action
from policies.gate import Ask, Pending, Transaction
from policies.grant import Grant
from runtime.clock import rfc3339
from runtime.database import reading
from runtime.envelope import EnvelopeError
from runtime.objects import ObjectError
from store.exports import export_by_id, move_export
from store.people import person_by_id
from vault.errors import VaultError
from worker.answers import keep_answer
from worker.ends import EndedError, PutOffError
from worker.service import SERVICE, resource_of

Reached = Callable[[Step], None]


def send_by_mail(house: WorkerHouse, claim: Claim, reached: Reached) -> None:
    """Mail a built book to the requester's registered address.

    Raises PutOffError (nothing left), EndedError (failed or unknown), RefusedError.
    """
    with reading(house.engine) as connection:
        export = export_by_id(connection, claim.export)
        recipient = person_by_id(connection, export.requester).papers.email
    try:
        with house.road.address(house.settings.mail_sender, recipient) as addressed:
            reached(Step.ADDRESSED)
            permit = _begin(house, claim, export, recipient)
            reached(Step.SENDING)
            _hand_over(house, claim, export, recipient, permit, addressed, reached)
    except MailDeferredError as deferred:
        raise PutOffError(deferred.reason) from None
    except MailRefusedError as refused:
        raise EndedError(State.FAILED, refused.reason) from None


def _begin(house: WorkerHouse, claim: Claim, export: Export, recipient: str) -> Pending:
    """tx4: the permit, `sending`, and release.started, all or nothing."""
    claims = {"recipient": recipient, "tls_verified": True}
    with house.gate.transaction(SERVICE) as tx:
        move_export(tx.connection, claim, State.BUILT, State.SENDING, next_at=None, reason=None)
        ask = Ask(action=Action.SEND_BOOK, resource=resource_of(claim.export), claims=claims)
        permit = tx.decide(ask)
        _record(tx, Event.EXPORT_SENDING, export, permit, state=State.SENDING.value)
        _record(
            tx, Event.RELEASE_STARTED, export, permit, bytes=export.bytes, recipient=permit.bound.recipient
        )
    return permit


def _hand_over(
    house: WorkerHouse,
    claim: Claim,
    export: Export,
    recipient: str,
    permit: Pending,
    addressed: AddressedMail,
    reached: Reached,
) -> None:
    grant = permit.grant()
    try:
        key = house.vault.send_book(grant.index)
    except VaultError:
        _end_release(house, export, grant, "aborted")
        raise PutOffError(Reason.VAULT_REFUSED) from None
    reached(Step.UNLOCKED)
    try:
        book = open_stored_book(grant, key, house.objects)
    except (EnvelopeError, ObjectError):
        _end_release(house, export, grant, "aborted")
        raise EndedError(State.FAILED, Reason.BOOK_BROKEN) from None
    message = compose_mail(
        export,
        book,
        sender=house.settings.mail_sender,
        recipient=recipient,
        portal=house.settings.portal_url,
        exchange=house.settings.exchange,
        origin=house.settings.origin,
        at=rfc3339(house.clock.now()),
    )
    try:
        addressed.send(message)
    except AnswerLostError as lost:
        _end_release(house, export, grant, "unknown")
        raise EndedError(State.UNKNOWN, lost.reason) from None
    except (MailDeferredError, MailRefusedError):
        _end_release(house, export, grant, "aborted")
        raise
    reached(Step.ANSWERED)
    _keep_sent(house, claim, export, grant)
    reached(Step.SENT)


def _keep_sent(house: WorkerHouse, claim: Claim, export: Export, grant: Grant) -> None:
    """tx5: `sent`."""
    with house.gate.transaction(SERVICE) as tx:
        keep_answer(tx, claim, export)
        _record(tx, Event.EXPORT_SENT, export, grant, state=State.SENT.value)
        _record(tx, Event.RELEASE_ENDED, export, grant, state="complete", bytes=export.bytes)


def _end_release(house: WorkerHouse, export: Export, grant: Grant, how: str) -> None:
    with house.gate.transaction(SERVICE) as tx:
        _record(tx, Event.RELEASE_ENDED, export, grant, state=how, bytes=0 if how == "aborted" else None)


def _record(tx: Transaction, event: Event, export: Export, because: Pending | Grant, **fields: Any) -> None:
    tx.record(
        event,
        Action.SEND_BOOK,
        resource_of(export.id),
        because=because,
        **export.as_fields(),
        **fields,
    )
