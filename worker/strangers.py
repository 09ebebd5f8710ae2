"""Recording the counted sign-ins of strangers: one entry for each network and minute."""

from __future__ import annotations

import structlog

from audit.entry import Actor, Resource
from audit.events import Event
from house.wiring import WorkerHouse
from policies.actions import Action
from policies.gate import UnrecordableError, Who
from runtime.database import reading
from store.strangers import due_counts, take_count

_AT_ONCE = 500
_NOBODY = Actor(kind="stranger", id="unknown", role="stranger")


def record_strangers(house: WorkerHouse) -> None:
    """Record the counts of the minutes that are over; what can't be recorded now stays counted."""
    with reading(house.engine) as connection:
        due = due_counts(connection, house.clock.now(), _AT_ONCE)
    for each in due:
        try:
            with house.gate.transaction(Who(actor=_NOBODY, client=each.network)) as tx:
                count = take_count(tx.connection, each)
                if count:
                    minute = Resource(kind="minute", id=each.minute)
                    tx.record(Event.STRANGERS_COUNTED, Action.SIGN_IN, minute, count=count)
        except UnrecordableError as error:
            structlog.get_logger().warning("strangers.unrecorded", error=type(error).__name__)
            return
