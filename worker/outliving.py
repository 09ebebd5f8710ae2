"""Destroys snapshots that outlived their weeks, and holds that were let go: key, record, objects, entry.

What is known of them stays, see `snapshot/retention.py`; how a crash is taken up, `destroying.py`.
"""

from __future__ import annotations

import structlog

from audit.entry import Resource
from house.wiring import WorkerHouse
from runtime.clock import rfc3339
from runtime.database import reading
from snapshot.holds import Hold, HoldState, held_name, hold_object, list_holds, move_hold
from snapshot.index import object_names
from snapshot.retention import note_outlived, outlived_snapshots
from worker.destroying import Work, destroy_many


def destroy_outlived(house: WorkerHouse) -> None:
    """Destroy each snapshot and held shard that is due; what can't be now waits for the next round."""
    with reading(house.engine) as connection:
        weeks = house.policy.numbers.snapshots_kept_weeks
        due = outlived_snapshots(connection, house.clock.now(), weeks)
        let_go = list_holds(connection, HoldState.RELEASING)
    destroy_many(house, [*map(_work, due), *map(_work_of_hold, let_go)], _postpone)


def _work(attempt: str) -> Work:
    return Work(
        name=f"snapshot:{attempt}",
        resource=Resource(kind="attempt", id=attempt),
        objects=tuple(object_names(attempt).values()),
        after=lambda tx: note_outlived(tx.connection, attempt, rfc3339(tx.now)),
        fields={"attempt": attempt},
    )


def _work_of_hold(hold: Hold) -> Work:
    return Work(
        name=hold_object(hold.attempt, hold.agent),
        resource=Resource(kind="attempt", id=hold.attempt),
        objects=(held_name(hold.attempt, hold.agent),),
        after=lambda tx: move_hold(
            tx.connection, hold.attempt, HoldState.RELEASED, rfc3339(tx.now), hold.agent
        ),
        fields={"attempt": hold.attempt},
    )


def _postpone(error: Exception) -> None:
    structlog.get_logger().warning("snapshot.kept", error=type(error).__name__)
