"""The weekly cut-off, across every change of the clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
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
