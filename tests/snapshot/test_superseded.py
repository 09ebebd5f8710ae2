"""A checked attempt that another publication overtook is known as superseded, and nothing else is."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from policies.gate import RefusedError
from runtime.database import reading, writing
from snapshot.facts import came_to_nothing, is_superseded, note_abandoned, superseded_attempts
from snapshot.published import list_snapshots
from snapshot.publishing import SnapshotStateError
from snapshot.reasons import Correction
from snapshot.tables import State
from snapshot.upkeep import forget
from tests.snapshot.extracts import AS_OF, data_rows, write_rows
from tests.snapshot.fakes import Room


def superseded(room: Room) -> list[str]:
    """Return what can't be published any more."""
    with reading(room.engine) as connection:
        return superseded_attempts(connection)


def test_only_what_was_overtaken_is_superseded(tmp_path: Path) -> None:
    """Before a publication nothing is; after it each other checked attempt is, the published one never."""
    room = Room(tmp_path)
    first, second = room.bring_in().attempt, room.bring_in().attempt
    assert [] == superseded(room)
    room.publish(first)
    assert [second] == superseded(room)
    third = room.bring_in(reason=Correction.WRONG_VALUES).attempt
    assert [second] == superseded(room)
    with reading(room.engine) as connection:
        now = room.clock.now() + timedelta(days=400)
        assert [False, True, False] == [
            came_to_nothing(connection, each, now) for each in (first, second, third)
        ]
        assert not is_superseded(connection, "unknown")
    with pytest.raises(RefusedError):
        room.publish(second)


def test_a_correction_of_last_week_is_overtaken_by_this_weeks_data(tmp_path: Path) -> None:
    """A stale attempt of a newer Friday can't be published either: it says to import again."""
    room = Room(tmp_path)
    room.publish(room.bring_in().attempt)
    rows = [row | {"snapshot_as_of": "2026-11-27T21:00:00-08:00"} for row in data_rows()]
    room.clock.moment += timedelta(days=7)
    newer = room.bring_in(write_rows(tmp_path / "next.csv", rows), AS_OF + timedelta(days=7)).attempt
    correction = room.bring_in(reason=Correction.MISSING_ROWS).attempt
    room.publish(correction)
    assert [newer] == superseded(room)
    with pytest.raises(SnapshotStateError, match="import it again"):
        room.publish(newer)


def test_what_was_destroyed_is_noted_by_how_it_ended(tmp_path: Path) -> None:
    """The attempt's state becomes superseded, once; what is in force isn't touched."""
    room = Room(tmp_path)
    first, second = room.bring_in().attempt, room.bring_in().attempt
    room.publish(first)
    forget(room.engine, second)
    for attempt in (first, second, second):
        with writing(room.engine) as connection:
            note_abandoned(connection, attempt)
    with reading(room.engine) as connection:
        states = {line.attempt: line.state for line in list_snapshots(connection)}
    assert {first: State.PUBLISHED, second: State.SUPERSEDED} == states
    assert [] == superseded(room)
