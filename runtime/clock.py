"""One clock for the whole house, and one way to write a moment down.

Law: rooms ask a `Clock`; nobody else calls `datetime.now`. A demo runs at a fixed offset
from the machine's clock, set once when the installation is made; outside demo the offset
is zero. Second factors and TLS stay on the machine's own time.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

PACIFIC = ZoneInfo("America/Los_Angeles")
_RFC3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")


class Clock(Protocol):
    """Tells the time of the house: aware, UTC, to the microsecond."""

    def now(self) -> datetime:
        """Return the present moment."""
        ...


class HouseClock:
    """The machine's clock plus the installation's fixed offset."""

    def __init__(self, offset: timedelta = timedelta(0)) -> None:
        self.offset = offset

    def now(self) -> datetime:
        """Return the present moment of the house."""
        return datetime.now(UTC) + self.offset


def rfc3339(moment: datetime) -> str:
    """Write an aware moment as `YYYY-MM-DDTHH:MM:SS.ffffffZ` (RFC 3339, always UTC)."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    # Not strftime: its %Y leaves out the zeros of early years.
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def parse_rfc3339(text: str) -> datetime:
    """Read exactly the form that `rfc3339` writes; anything else is a ValueError."""
    if not _RFC3339.fullmatch(text):
        raise ValueError("not a moment in the form YYYY-MM-DDTHH:MM:SS.ffffffZ")
    return datetime.fromisoformat(text)


def pacific(moment: datetime) -> str:
    """Write an aware moment for people: as a clock in California shows it, with the zone's letters."""
    return f"{moment.astimezone(PACIFIC):%Y-%m-%d %H:%M %Z}"


def pacific_day(moment: datetime) -> date:
    """Return the calendar day in California at a moment: dates are valid through it."""
    return moment.astimezone(PACIFIC).date()
