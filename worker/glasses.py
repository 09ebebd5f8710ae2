"""Broken glasses whose time is over are closed in the ledger, too.

Law: a glass is shut at its time whether or not this ran; the entry only says so.
"""

from __future__ import annotations

import structlog

from audit.entry import Resource
from audit.events import Event
from house.wiring import WorkerHouse
from policies.actions import Action
from runtime.database import reading
from store.glass import KIND, GlassState, find_glass, recent_glasses
from worker.service import SERVICE

TIME_OVER = "time-over"


def close_glasses(house: WorkerHouse) -> None:
    """Record that each opened glass whose time is over is closed, once."""
    numbers = house.policy.numbers
    with reading(house.engine) as connection:
        glasses = recent_glasses(connection, numbers, house.clock.now())
    for glass in glasses:
        if glass.opened is None or glass.closed or glass.state is not GlassState.OVER:
            continue
        with house.gate.transaction(SERVICE) as tx:
            found = find_glass(tx.connection, glass.id, numbers, tx.now)
            if found is None or found.closed:
                continue
            resource = Resource(kind=KIND, id=glass.id)
            tx.record(
                Event.BREAKGLASS_CLOSED,
                Action.BREAK_GLASS,
                resource,
                because=found.opened,
                reason=TIME_OVER,
            )
        structlog.get_logger().warning("glass.closed", reason=TIME_OVER)
