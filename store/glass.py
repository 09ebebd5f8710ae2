"""Broken glasses as the ledger tells of them: asked for by one reviewer, agreed to by another.

Laws: nothing is kept beside the ledger; a glass that nobody agreed to, and one that is open, are
over when their time is, whether or not somebody records it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection

from audit.events import Event, Outcome
from audit.lookups import entries_of
from policies.actions import Action
from policies.numbers import Numbers
from runtime.clock import parse_rfc3339, rfc3339

KIND = "glass"
"""The kind of resource that a glass is in entries."""


class GlassReason(StrEnum):
    """Why a glass may be broken; a code, since the ledger takes no free text."""

    INCIDENT = "incident"
    COMPROMISED_ACCOUNT = "compromised-account"
    REGULATOR = "regulator-request"
    COURT = "court-order"
    CONSUMER_COMPLAINT = "consumer-complaint"


class GlassState(StrEnum):
    """How far a glass is; each is followed by one further down."""

    WAITING = "waiting"
    OPEN = "open"
    OVER = "over"


@dataclass(frozen=True, kw_only=True)
class Glass:
    """One glass. `until` is when it is over by itself (aware UTC), `permit` the asking's index."""

    id: str
    reason: str
    asked_by: str
    agreed_by: str | None
    state: GlassState
    until: datetime
    permit: int
    opened: int | None
    closed: bool


_A_DAY = timedelta(days=1)
_EVENTS = frozenset({Event.BREAKGLASS_REQUESTED, Event.BREAKGLASS_OPENED, Event.BREAKGLASS_CLOSED})


def recent_glasses(connection: Connection, numbers: Numbers, now: datetime) -> list[Glass]:
    """Return the glasses of late, oldest first: every one that waits or is open, and some that are over."""
    lasts = timedelta(seconds=numbers.breakglass_seconds)
    since = rfc3339(now - 2 * lasts - _A_DAY)
    glasses: dict[str, Glass] = {}
    for found in entries_of(connection, action=Action.BREAK_GLASS.value, events=_EVENTS, since=since):
        entry, at = found.entry, parse_rfc3339(found.entry.at)
        glass = glasses.get(entry.resource.id)
        if entry.event is Event.BREAKGLASS_REQUESTED:
            if glass is None and entry.outcome is Outcome.PERMIT and entry.reason is not None:
                glasses[entry.resource.id] = Glass(
                    id=entry.resource.id,
                    reason=entry.reason,
                    asked_by=entry.actor.id,
                    agreed_by=None,
                    state=GlassState.WAITING,
                    until=at + lasts,
                    permit=found.index,
                    opened=None,
                    closed=False,
                )
        elif glass is not None:
            glasses[glass.id] = _moved(glass, found.index, entry.actor.id, at + lasts, entry.event)
    return [_at(glass, now) for glass in glasses.values()]


def find_glass(connection: Connection, glass: str, numbers: Numbers, now: datetime) -> Glass | None:
    """Return a glass of late by its id."""
    return next((one for one in recent_glasses(connection, numbers, now) if one.id == glass), None)


def has_open_glass(connection: Connection, person: str, numbers: Numbers, now: datetime) -> bool:
    """Tell whether somebody's glass is broken now: theirs who asked, and nobody else's."""
    return any(
        glass.asked_by == person and glass.state is GlassState.OPEN
        for glass in recent_glasses(connection, numbers, now)
    )


def _moved(glass: Glass, index: int, actor: str, until: datetime, event: Event) -> Glass:
    if event is Event.BREAKGLASS_OPENED:
        return replace(glass, agreed_by=actor, state=GlassState.OPEN, until=until, opened=index)
    return replace(glass, state=GlassState.OVER, closed=True)


def _at(glass: Glass, now: datetime) -> Glass:
    return glass if now < glass.until else replace(glass, state=GlassState.OVER)
