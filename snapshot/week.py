"""How the week stands: whether its data are expected, on the way, in force, or late.

Laws
1. A week is named by its cut-off and ends at the next one. Its data are out by midnight, late after
   that, and missed for good once the week ends without them.
2. Late, missing or refused data change nothing: what was published last stays in force.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, func, select

from runtime.clock import parse_rfc3339, rfc3339
from snapshot.calendar import cutoff_before, next_cutoff, publish_deadline
from snapshot.tables import WAS_PUBLISHED, State, snapshots


class Stage(StrEnum):
    """How far the data of a week came."""

    EXPECTED = "expected"
    REFUSED = "refused"
    IMPORTING = "importing"
    CHECKED = "checked"
    PUBLISHED = "published"


class Timeliness(StrEnum):
    """When the data of a week were published."""

    BY_MIDNIGHT = "by-midnight"
    LATE = "late"
    MISSED = "missed"


_STAGES: Mapping[str, Stage] = {
    State.REFUSED: Stage.REFUSED,
    State.IMPORTING: Stage.IMPORTING,
    State.CHECKED: Stage.CHECKED,
    **dict.fromkeys(WAS_PUBLISHED, Stage.PUBLISHED),
}
_FURTHEST = tuple(Stage)


@dataclass(frozen=True, kw_only=True)
class Week:
    """The week of a cut-off, aware; `deadline` is its midnight."""

    as_of: datetime
    deadline: datetime
    stage: Stage
    is_late: bool


def this_week(connection: Connection, now: datetime) -> Week:
    """Return how the data of the newest cut-off stand; of several attempts the furthest counts."""
    as_of = cutoff_before(now)
    states = connection.execute(
        select(snapshots.c.state).where(snapshots.c.as_of == rfc3339(as_of))
    ).scalars()
    reached = [_STAGES[state] for state in states if state in _STAGES]
    stage = max(reached, key=_FURTHEST.index, default=Stage.EXPECTED)
    deadline = publish_deadline(as_of)
    return Week(
        as_of=as_of,
        deadline=deadline,
        stage=stage,
        is_late=now > deadline and stage is not Stage.PUBLISHED,
    )


def count_weeks(connection: Connection, now: datetime) -> dict[Timeliness, int]:
    """Count the weeks since the first publication; one whose data may still come isn't counted yet."""
    first = func.min(snapshots.c.published_at)
    query = select(snapshots.c.as_of, first).where(snapshots.c.published_at.is_not(None))
    published = {
        parse_rfc3339(as_of): parse_rfc3339(at)
        for as_of, at in connection.execute(query.group_by(snapshots.c.as_of))
    }
    counted = dict.fromkeys(Timeliness, 0)
    if not published:
        return counted
    as_of = cutoff_before(min(published.values()))
    while as_of <= now:
        timeliness = timeliness_of(as_of, published.get(as_of), now)
        if timeliness is not None:
            counted[timeliness] += 1
        as_of = next_cutoff(as_of)
    return counted


def timeliness_of(as_of: datetime, published_at: datetime | None, now: datetime) -> Timeliness | None:
    """Return when a week's data were published, None while they may still come in their week."""
    ends = next_cutoff(as_of)
    if published_at is None or published_at >= ends:
        return Timeliness.MISSED if now >= ends else None
    return Timeliness.BY_MIDNIGHT if published_at <= publish_deadline(as_of) else Timeliness.LATE
