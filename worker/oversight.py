"""Tell agents by mail of books that their agency's manager asked for.

The mail server accepts the address before a notice is begun; once begun it is handed over once.
A server that says "not now" is asked again later; whatever else happens ends the notice, with an
entry that says how. The portal shows such requests in any case.
"""

from __future__ import annotations

from datetime import timedelta

import structlog

from audit.counts import newest_index
from audit.events import Event, Outcome
from delivery.oversight import compose_oversight
from delivery.smtp import MailDeferredError, MailError
from exports.states import Reason
from house.wiring import WorkerHouse
from identity.people import Person
from policies.actions import Action
from policies.gate import UnrecordableError
from runtime.clock import rfc3339
from runtime.database import reading, writing
from store.oversight import OversightNotice, begin_notice, due_notices, note_told, put_notice_off
from store.people import person_by_licence
from worker.service import SERVICE, resource_of

_AGAIN_AFTER = timedelta(minutes=5)


def tell_agents(house: WorkerHouse) -> None:
    """Send every notice that is due; what can't be sent now is left to a later round."""
    with reading(house.engine) as connection:
        due = [
            (notice, person_by_licence(connection, notice.agent))
            for notice in due_notices(connection, house.clock.now())
        ]
    for notice, agent in due:
        try:
            _tell(house, notice, agent)
        except UnrecordableError as error:
            structlog.get_logger().warning("notice.postponed", error=type(error).__name__)


def _tell(house: WorkerHouse, notice: OversightNotice, agent: Person) -> None:
    begun = False
    try:
        with house.road.address(house.settings.mail_sender, agent.papers.email) as addressed:
            with writing(house.engine) as connection:
                begun = begin_notice(connection, notice.export, house.clock.now())
            if not begun:
                return
            addressed.send(_compose(house, notice, agent))
    except MailDeferredError:
        with writing(house.engine) as connection:
            until = house.clock.now() + _AGAIN_AFTER
            put_notice_off(connection, notice.export, until, begun=begun)
        return
    except MailError as error:
        _end(house, notice, error.reason)
        return
    _end(house, notice, None)


def _compose(house: WorkerHouse, notice: OversightNotice, agent: Person) -> bytes:
    return compose_oversight(
        notice.export,
        notice.asked_at,
        agency=agent.papers.agency_name,
        sender=house.settings.mail_sender,
        recipient=agent.papers.email,
        portal=house.settings.portal_url,
        exchange=house.settings.exchange,
        origin=house.settings.origin,
        at=rfc3339(house.clock.now()),
    )


def _end(house: WorkerHouse, notice: OversightNotice, reason: Reason | None) -> None:
    with house.gate.transaction(SERVICE) as tx:
        begin_notice(tx.connection, notice.export, tx.now)
        if reason is None:
            note_told(tx.connection, notice.export, tx.now)
        tx.record(
            Event.AGENT_NOTIFIED,
            Action.REQUEST_EXPORT,
            resource_of(notice.export),
            because=newest_index(tx.connection, event=Event.EXPORT_REQUESTED, export=notice.export),
            outcome=Outcome.ERROR if reason else Outcome.DONE,
            agent=notice.agent,
            export=notice.export,
            reason=reason.value if reason else None,
        )
