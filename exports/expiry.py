"""When a book expires (R33): after a number of days, never before a number of business days.

A business day is Monday to Friday in California; holidays aren't known here.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from runtime.clock import PACIFIC

_SATURDAY = 5


def book_expiry(made_at: datetime, *, days: int, business_days: int) -> datetime:
    """Return the moment (UTC) at which access to a book made at a moment ends."""
    day = made_at.astimezone(PACIFIC).date()
    counted = 0
    while counted < business_days:
        day += timedelta(days=1)
        counted += day.weekday() < _SATURDAY
    end_of_business = datetime.combine(day, time(23, 59, 59), tzinfo=PACIFIC)
    return max(made_at.astimezone(UTC) + timedelta(days=days), end_of_business.astimezone(UTC))
