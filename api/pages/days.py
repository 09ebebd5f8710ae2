"""Days that a form asks for, as moments.

Law: days are days in California, both ends included.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Final

from runtime.clock import PACIFIC

FIRST, LAST = "from", "to"
_NO_DAY: Final = "Enter a day as year-month-day, such as 2026-11-20."
_DAY: Final = timedelta(days=1)


def read_days(typed: Mapping[str, str]) -> tuple[dict[str, datetime], dict[str, str]]:
    """Return when the days `from` and `to` of a form begin and end (exclusive), and errors by field."""
    moments, errors = {}, {}
    for name, more in ((FIRST, timedelta(0)), (LAST, _DAY)):
        if typed[name]:
            try:
                moments[name] = datetime.combine(date.fromisoformat(typed[name]) + more, time(), PACIFIC)
            except (ValueError, OverflowError):
                errors[name] = _NO_DAY
    return moments, errors
