"""The log hears of late data once, and that they came."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import NamedTuple, cast

from sqlalchemy import Engine, insert
from structlog.testing import capture_logs

from house.wiring import WorkerHouse
from runtime.clock import rfc3339
from runtime.database import writing
from snapshot.tables import State, snapshots
from tests.factories import a_database
from tests.fakes import PinnedClock
from tests.installation import AS_OF
from worker.weekly import WeekWatch

MIDNIGHT = AS_OF + timedelta(hours=3)


class Rooms(NamedTuple):
    """What a look at the week needs of a worker's house."""

    engine: Engine
    clock: PinnedClock


def test_lateness_is_said_once_and_taken_back(tmp_path: Path) -> None:
    """Nothing at midnight; late a moment after, once; caught up when the data are published."""
    rooms = Rooms(a_database(tmp_path), PinnedClock(MIDNIGHT))
    watch = WeekWatch(cast("WorkerHouse", rooms))
    with capture_logs() as heard:
        watch.look()
        rooms.clock.moment = MIDNIGHT + timedelta(seconds=1)
        watch.look()
        watch.look()
        with writing(rooms.engine) as connection:
            row = {
                "attempt": "a" * 32,
                "as_of": rfc3339(AS_OF),
                "revision": 1,
                "state": State.PUBLISHED,
                "digest": "0" * 64,
                "source_sha256": "0" * 64,
                "rows": 1,
                "agents": 1,
                "begun_at": rfc3339(MIDNIGHT),
                "published_at": rfc3339(MIDNIGHT),
            }
            connection.execute(insert(snapshots).values(row))
        watch.look()
        watch.look()
    said = [(each["event"], each["as_of"], each["state"]) for each in heard]
    assert [
        ("snapshot.late", rfc3339(AS_OF), "expected"),
        ("snapshot.caught_up", rfc3339(AS_OF), "published"),
    ] == said
