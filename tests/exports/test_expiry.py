"""Tests of when access to a book ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.expiry import book_expiry
from runtime.clock import PACIFIC

MOMENTS = st.datetimes(
    min_value=datetime(2020, 1, 1),  # noqa: DTZ001 - Hypothesis wants its bounds without a zone
    max_value=datetime(2040, 1, 1),  # noqa: DTZ001 - likewise
    timezones=st.just(UTC),
)


def pacific(text: str) -> datetime:
    """Return a moment by California's clocks."""
    return datetime.fromisoformat(text).replace(tzinfo=PACIFIC)


@pytest.mark.parametrize(
    ("made_at", "ends"),
    [
        ("2026-11-16T09:00", "2026-11-18T23:59:59"),  # Monday to Wednesday
        ("2026-11-19T09:00", "2026-11-23T23:59:59"),  # Thursday over a weekend to Monday
        ("2026-11-20T21:00", "2026-11-24T23:59:59"),  # Friday night to Tuesday
        ("2026-11-21T00:00", "2026-11-24T23:59:59"),  # Saturday to Tuesday
        ("2026-11-22T23:59:59", "2026-11-24T23:59:59"),  # Sunday to Tuesday
        ("2026-10-30T12:00", "2026-11-03T23:59:59"),  # over the end of summer time
        ("2026-03-06T12:00", "2026-03-10T23:59:59"),  # over its beginning
    ],
)
def test_a_book_lives_through_its_business_days(made_at: str, ends: str) -> None:
    """Access lasts to the end of the second business day after, by California's clocks."""
    assert pacific(ends) == book_expiry(pacific(made_at), days=1, business_days=2)


@pytest.mark.parametrize(
    ("made_at", "ends"),
    [
        ("2026-11-21T18:00:00+00:00", "2026-12-05T18:00:00+00:00"),
        ("2026-10-25T18:00:00+00:00", "2026-11-08T18:00:00+00:00"),
        ("2026-03-01T18:00:00+00:00", "2026-03-15T18:00:00+00:00"),
    ],
)
def test_the_days_are_whole_ones(made_at: str, ends: str) -> None:
    """Fourteen days are fourteen times 24 hours, whatever the clocks do meanwhile."""
    moment = datetime.fromisoformat(made_at)
    expected = datetime.fromisoformat(ends)
    assert expected == book_expiry(moment, days=14, business_days=2)
    assert expected == book_expiry(moment.astimezone(PACIFIC), days=14, business_days=2)


def test_the_day_is_californias() -> None:
    """A book made on Friday evening in California, Saturday in UTC, counts from Friday."""
    made_at = datetime(2026, 11, 21, 5, tzinfo=UTC)
    assert datetime(2026, 11, 24, 7, 59, 59, tzinfo=UTC) == book_expiry(made_at, days=0, business_days=1)


@given(made_at=MOMENTS, days=st.integers(0, 30), business_days=st.integers(0, 10))
def test_a_book_never_ends_early(made_at: datetime, days: int, business_days: int) -> None:
    """Access ends in UTC, never before the days, nor on a weekend for want of business days."""
    ends = book_expiry(made_at, days=days, business_days=business_days)
    assert UTC == ends.tzinfo
    assert ends >= made_at + timedelta(days=days)
    by_business = book_expiry(made_at, days=0, business_days=business_days).astimezone(PACIFIC)
    if business_days:
        assert by_business.weekday() < 5
        assert business_days == sum(
            (made_at.astimezone(PACIFIC).date() + timedelta(days=day)).weekday() < 5
            for day in range(1, (by_business.date() - made_at.astimezone(PACIFIC).date()).days + 1)
        )
