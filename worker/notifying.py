"""From a built book to an answer about its notice: the walk "By link".

A notice carries no data and no key, so no permit is asked for and nothing is released. The book
can be downloaded from `built` on, whatever becomes of the notice: one that is refused for good
is given up and ends nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from audit.counts import newest_index
from audit.events import Event
from delivery.notice import compose_notice
from delivery.smtp import AnswerLostError, MailDeferredError, MailRefusedError
from exports.export import Claim, Export
from exports.states import State, Step
from house.wiring import WorkerHouse
from policies.actions import Action
from policies.gate import Transaction
from runtime.clock import rfc3339
from runtime.database import reading
from store.exports import export_by_id, move_export
from store.people import person_by_id
from store.releases import note_received
from worker.answers import keep_answer
from worker.ends import EndedError, PutOffError
from worker.service import SERVICE, resource_of


def send_notice(house: WorkerHouse, claim: Claim, reached: Callable[[Step], None]) -> None:
    """Mail the requester that the book is ready.

    Raises PutOffError (try later, or never again) and EndedError (nobody knows).
    """
    with reading(house.engine) as connection:
        export = export_by_id(connection, claim.export)
        recipient = person_by_id(connection, export.requester).papers.email
    message = compose_notice(
        export,
        sender=house.settings.mail_sender,
        recipient=recipient,
        portal=house.settings.portal_url,
        exchange=house.settings.exchange,
        origin=house.settings.origin,
        at=rfc3339(house.clock.now()),
    )
    try:
        with house.road.address(house.settings.mail_sender, recipient) as addressed:
            reached(Step.ADDRESSED)
            _begin(house, claim, export)
            reached(Step.SENDING)
            addressed.send(message)
            reached(Step.ANSWERED)
            _keep_sent(house, claim, export)
            reached(Step.SENT)
    except AnswerLostError as lost:
        raise EndedError(State.UNKNOWN, lost.reason) from None
    except MailDeferredError as deferred:
        raise PutOffError(deferred.reason) from None
    except MailRefusedError as refused:
        raise PutOffError(refused.reason, is_final=True) from None


def _begin(house: WorkerHouse, claim: Claim, export: Export) -> None:
    with house.gate.transaction(SERVICE) as tx:
        move_export(tx.connection, claim, State.BUILT, State.SENDING, next_at=None, reason=None)
        _record(tx, Event.EXPORT_SENDING, export, state=State.SENDING.value)


def _keep_sent(house: WorkerHouse, claim: Claim, export: Export) -> None:
    """Record `sent`; a book that was downloaded meanwhile is received at once."""
    with house.gate.transaction(SERVICE) as tx:
        keep_answer(tx, claim, export)
        _record(tx, Event.EXPORT_SENT, export, state=State.SENT.value)
        note_received(tx.connection, export.id)


def _record(tx: Transaction, event: Event, export: Export, **fields: Any) -> None:
    tx.record(
        event,
        Action.BUILD_BOOK,
        resource_of(export.id),
        because=newest_index(tx.connection, event=Event.BOOK_REQUESTED, export=export.id),
        **export.as_fields(),
        **fields,
    )
