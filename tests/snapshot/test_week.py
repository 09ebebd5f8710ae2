"""How the week stands, and when its data were published."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from runtime.database import reading
from snapshot.report import ExtractRefusedError
from snapshot.week import Stage, Timeliness, Week, count_weeks, this_week, timeliness_of
from tests.snapshot.extracts import AS_OF, data_rows, write_rows
from tests.snapshot.fakes import Room

MIDNIGHT = AS_OF + timedelta(hours=3)
WEEK = timedelta(days=7)


def look(room: Room) -> Week:
    """Return how the week stands now."""
    with reading(room.engine) as connection:
        return this_week(connection, room.clock.now())


def counts(room: Room) -> list[int]:
    """Return how many weeks were by midnight, late and missed."""
    with reading(room.engine) as connection:
        return list(count_weeks(connection, room.clock.now()).values())


def test_a_week_is_expected_then_refused_checked_published(tmp_path: Path) -> None:
    """The furthest attempt is the week's state; a refused extract leaves the next one room."""
    room = Room(tmp_path)
    assert (Stage.EXPECTED, False, AS_OF, MIDNIGHT) == (
        look(room).stage,
        look(room).is_late,
        look(room).as_of,
        look(room).deadline,
    )
    rows = data_rows()
    rows[0]["date_of_birth"] = "nonsense"
    with pytest.raises(ExtractRefusedError):
        room.bring_in(write_rows(tmp_path / "bad.csv", rows))
    assert Stage.REFUSED is look(room).stage
    attempt = room.bring_in().attempt
    assert Stage.CHECKED is look(room).stage
    room.publish(attempt)
    assert Stage.PUBLISHED is look(room).stage
    assert [1, 0, 0] == counts(room)


def test_data_are_late_after_midnight_until_they_are_published(tmp_path: Path) -> None:
    """At midnight itself nothing is late; a second later it is, and published late it stays counted."""
    room = Room(tmp_path)
    room.clock.moment = MIDNIGHT
    assert not look(room).is_late
    room.clock.moment = MIDNIGHT + timedelta(seconds=1)
    assert look(room).is_late
    assert [0, 0, 0] == counts(room)
    room.publish(room.bring_in().attempt)
    assert not look(room).is_late
    assert [0, 1, 0] == counts(room)


def test_what_was_published_last_stays_in_force_over_missed_weeks(tmp_path: Path) -> None:
    """Weeks without data are counted as missed once they end, and the old snapshot is served on."""
    room = Room(tmp_path)
    ref = room.publish(room.bring_in().attempt)
    room.clock.moment = AS_OF + 2 * WEEK + timedelta(days=2)
    assert [1, 0, 1] == counts(room)
    assert (Stage.EXPECTED, True, AS_OF + 2 * WEEK) == (
        look(room).stage,
        look(room).is_late,
        look(room).as_of,
    )
    assert ref == room.newest().ref


@pytest.mark.parametrize(
    ("published", "now", "expected"),
    [
        (None, AS_OF + timedelta(days=6), None),
        (None, AS_OF + WEEK, Timeliness.MISSED),
        (MIDNIGHT, AS_OF + timedelta(days=1), Timeliness.BY_MIDNIGHT),
        (MIDNIGHT + timedelta(microseconds=1), AS_OF + timedelta(days=1), Timeliness.LATE),
        (AS_OF + WEEK, AS_OF + WEEK, Timeliness.MISSED),
    ],
)
def test_a_week_is_judged_by_its_first_publication(
    published: datetime | None, now: datetime, expected: Timeliness | None
) -> None:
    """By midnight, late, or missed: published after the week's end is missed for good."""
    assert expected is timeliness_of(AS_OF, published, now)


def test_a_week_over_a_change_of_the_clocks_keeps_its_midnight() -> None:
    """Across the end of daylight saving, data of the last summer Friday are due at 07:00 UTC."""
    summer = datetime(2026, 10, 31, 4, tzinfo=UTC)
    midnight = datetime(2026, 10, 31, 7, tzinfo=UTC)
    assert Timeliness.BY_MIDNIGHT is timeliness_of(summer, midnight, midnight)
    assert Timeliness.LATE is timeliness_of(summer, midnight + timedelta(seconds=1), midnight + WEEK)
