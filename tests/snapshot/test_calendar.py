"""The weekly cut-off, across every change of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.clock import PACIFIC
from snapshot.calendar import cutoff_before, is_cutoff, next_cutoff, publish_deadline

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  Hypothesis wants naive bounds


def _fridays(first: datetime, last: datetime) -> list[datetime]:
    """Every Friday 21:00 by the wall clock in California, day by day and without our code."""
    days = (first + timedelta(days=n) for n in range((last - first).days))
    return [day.replace(hour=21) for day in days if day.strftime("%A") == "Friday"]


FRIDAYS = _fridays(datetime(2015, 1, 1, tzinfo=PACIFIC), datetime(2035, 1, 1, tzinfo=PACIFIC))


def test_twenty_years_of_fridays_are_cut_offs() -> None:
    """Each Friday 21:00 Pacific of twenty years is a cut-off, and a second later is none."""
    assert len(FRIDAYS) == 1044
    for friday in FRIDAYS:
        assert is_cutoff(friday)
        assert is_cutoff(friday.astimezone(ZoneInfo("Asia/Tokyo")))
        assert not is_cutoff(friday.astimezone(UTC) + timedelta(microseconds=1))


def test_cut_offs_follow_each_other() -> None:
    """The next cut-off after one Friday is the following Friday, also across a clock change."""
    for friday, following in pairwise(FRIDAYS):
        assert following.astimezone(UTC) == next_cutoff(friday)
        assert friday.astimezone(UTC) == cutoff_before(following.astimezone(UTC) - timedelta(microseconds=1))


def test_the_offset_follows_the_season() -> None:
    """21:00 Pacific is 04:00 UTC in summer and 05:00 UTC in winter."""
    hours = {friday.astimezone(UTC).hour for friday in FRIDAYS}
    assert hours == {4, 5}
    assert datetime(2026, 11, 21, 5, tzinfo=UTC) == cutoff_before(datetime(2026, 11, 23, tzinfo=UTC))
    assert datetime(2026, 10, 31, 4, tzinfo=UTC) == cutoff_before(datetime(2026, 11, 1, tzinfo=UTC))


def _daylight_saving(day: date) -> bool:
    """Tell by the law's words (15 U.S.C. 260a): second Sunday of March to first Sunday of November."""
    sundays = [
        [first + timedelta(days=on) for on in range(14) if (first + timedelta(days=on)).weekday() == 6]
        for first in (date(day.year, 3, 1), date(day.year, 11, 1))
    ]
    return sundays[0][1] <= day < sundays[1][0]


def test_twenty_years_ahead_follow_the_law() -> None:
    """From 2026 to 2046 each cut-off in UTC is what the law on daylight saving says, no table read."""
    days = (date(2026, 1, 2) + timedelta(weeks=number) for number in range(1096))
    cutoff, seen = datetime(2026, 1, 1, tzinfo=UTC), set()
    for day in days:
        hour = 4 if _daylight_saving(day) else 5
        expected = datetime(day.year, day.month, day.day, hour, tzinfo=UTC) + timedelta(days=1)
        assert expected == next_cutoff(cutoff)
        assert is_cutoff(expected)
        assert [False, False] == [is_cutoff(expected + timedelta(hours=off)) for off in (-1, 1)]
        assert expected == cutoff_before(expected) == cutoff_before(expected + timedelta(days=6))
        assert expected + timedelta(hours=3) == publish_deadline(expected)
        seen.add((day.month, day.day))
        cutoff = expected
    assert 2046 == cutoff.year
    assert (2, 29) in seen


def test_data_are_out_by_midnight() -> None:
    """The deadline is three hours after the cut-off, at the start of the Pacific Saturday."""
    for friday in FRIDAYS:
        deadline = publish_deadline(friday)
        assert timedelta(hours=3) == deadline - friday.astimezone(UTC)
        assert deadline.astimezone(PACIFIC).strftime("%A %H:%M") == "Saturday 00:00"


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 20, 21, tzinfo=UTC),
        datetime(2026, 11, 19, 21, tzinfo=PACIFIC),
        datetime(2026, 11, 20, 20, tzinfo=PACIFIC),
        datetime(2026, 11, 20, 21, 0, 1, tzinfo=PACIFIC),
    ],
)
def test_other_moments_have_no_deadline(moment: datetime) -> None:
    """Another weekday, hour, second or zone is no cut-off and has no deadline."""
    assert not is_cutoff(moment)
    with pytest.raises(ValueError, match="not a Friday 21:00"):
        publish_deadline(moment)


def test_a_moment_without_a_zone_is_refused() -> None:
    """A naive moment is an error, never taken for local time."""
    with pytest.raises(ValueError, match="time zone"):
        is_cutoff(datetime(2026, 11, 20, 21))  # noqa: DTZ001  the naive moment is what is tested


@given(MOMENTS)
def test_every_moment_lies_between_two_cut_offs(moment: datetime) -> None:
    """Any moment has one cut-off at or before it and the next within eight days."""
    before, after = cutoff_before(moment), next_cutoff(moment)
    assert is_cutoff(before)
    assert is_cutoff(after)
    assert before <= moment < after
    assert timedelta(days=7, hours=-1) <= after - before <= timedelta(days=7, hours=1)
