"""Moments and days as people in California say them, with the machine's form beside.

Law: a page never shows a bare UTC time. What is read aloud is Pacific time and says so; the
`datetime` attribute has the exact moment.
"""

from __future__ import annotations

from datetime import date, datetime

from markupsafe import Markup

from runtime.clock import PACIFIC, parse_rfc3339, rfc3339

_TIME = Markup('<time datetime="{}">{}</time>')


def say_moment(moment: datetime | str) -> Markup:
    """Return e.g. "Friday, November 20, 2026, 9:00 p.m. Pacific"."""
    local = _pacific(moment)
    return _TIME.format(_machine(moment), f"{local:%A}, {_day(local)}, {_clock(local)} Pacific")


def say_short(moment: datetime | str) -> Markup:
    """Return e.g. "Nov 20, 2026, 9:00 p.m."; for tables whose caption names the zone."""
    local = _pacific(moment)
    return _TIME.format(_machine(moment), f"{local:%b} {local.day}, {local.year}, {_clock(local)}")


def say_exact(moment: datetime | str) -> Markup:
    """Return e.g. "Nov 20, 2026, 9:00:07 p.m."; for lists where seconds matter."""
    local = _pacific(moment)
    day = f"{local:%b} {local.day}, {local.year}"
    return _TIME.format(_machine(moment), f"{day}, {_clock(local, seconds=True)}")


def say_time(moment: datetime | str) -> Markup:
    """Return e.g. "9:00:07 p.m."."""
    local = _pacific(moment)
    return _TIME.format(_machine(moment), _clock(local, seconds=True))


def say_day(day: date) -> Markup:
    """Return e.g. "November 20, 2026"."""
    return _TIME.format(day.isoformat(), _day(day))


def say_brief(day: date) -> Markup:
    """Return e.g. "Nov 20, 2026", for tables."""
    return _TIME.format(day.isoformat(), f"{day:%b} {day.day}, {day.year}")


def _pacific(moment: datetime | str) -> datetime:
    aware = parse_rfc3339(moment) if isinstance(moment, str) else moment
    return aware.astimezone(PACIFIC)


def _machine(moment: datetime | str) -> str:
    return moment if isinstance(moment, str) else rfc3339(moment)


def _day(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"


def _clock(moment: datetime, *, seconds: bool = False) -> str:
    half = "a.m." if moment.hour < 12 else "p.m."  # noqa: PLR2004 - noon
    exact = f":{moment.second:02}" if seconds else ""
    return f"{moment.hour % 12 or 12}:{moment.minute:02}{exact} {half}"
