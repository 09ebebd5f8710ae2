"""Destroys published snapshots that outlived their weeks: the key, a record of it, the objects, an entry.

What is known of them stays, see `snapshot/retention.py`; how a crash is taken up, `destroying.py`.
"""

from __future__ import annotations

import structlog

from audit.entry import Resource
from house.wiring import WorkerHouse
from runtime.clock import rfc3339
from runtime.database import reading
from snapshot.index import object_names
from snapshot.retention import note_outlived, outlived_snapshots
from worker.destroying import Work, destroy_many


def destroy_outlived(house: WorkerHouse) -> None:
    """Destroy every snapshot that is due; what can't be destroyed now is left to the next round."""
    with reading(house.engine) as connection:
        weeks = house.policy.numbers.snapshots_kept_weeks
        due = outlived_snapshots(connection, house.clock.now(), weeks)
    destroy_many(house, [_work(attempt) for attempt in due], _postpone)


def _work(attempt: str) -> Work:
    return Work(
        name=f"snapshot:{attempt}",
        resource=Resource(kind="attempt", id=attempt),
        objects=tuple(object_names(attempt).values()),
        after=lambda tx: note_outlived(tx.connection, attempt, rfc3339(tx.now)),
        fields={"attempt": attempt},
    )


def _postpone(error: Exception) -> None:
    structlog.get_logger().warning("snapshot.kept", error=type(error).__name__)
