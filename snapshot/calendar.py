"""When data are cut off and when they are out (rule R35).

Laws: the cut-off is Friday 21:00:00 in America/Los_Angeles, winter and summer; what it
froze is published by the midnight after. Clocks change on Sundays at 02:00, so a Friday
evening always exists and exists once. Functions take aware moments and return UTC.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from runtime.clock import PACIFIC

_FRIDAY = 4
_CUTOFF = time(21)
_WEEK = timedelta(days=7)


def is_cutoff(moment: datetime) -> bool:
    """Say whether a moment is exactly a Friday 21:00:00 Pacific."""
    local = _pacific(moment)
    return local.weekday() == _FRIDAY and local.time() == _CUTOFF


def cutoff_before(moment: datetime) -> datetime:
    """Return the newest cut-off that has come: at the moment itself or before it."""
    local = _pacific(moment)
    friday = local.date() - timedelta(days=(local.weekday() - _FRIDAY) % 7)
    cutoff = _cutoff_on(friday)
    return cutoff if cutoff <= moment else _cutoff_on(friday - _WEEK)


def next_cutoff(moment: datetime) -> datetime:
    """Return the first cut-off strictly after a moment."""
    return _cutoff_on(_pacific(cutoff_before(moment)).date() + _WEEK)


def publish_deadline(as_of: datetime) -> datetime:
    """Return the midnight by which the data of a cut-off are out; ValueError for no cut-off."""
    if not is_cutoff(as_of):
        raise ValueError("as-of is not a Friday 21:00 America/Los_Angeles")
    saturday = _pacific(as_of).date() + timedelta(days=1)
    return datetime.combine(saturday, time(0), PACIFIC).astimezone(UTC)


def _cutoff_on(friday: date) -> datetime:
    return datetime.combine(friday, _CUTOFF, PACIFIC).astimezone(UTC)


def _pacific(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(PACIFIC)
