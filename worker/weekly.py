"""Tells the operators' log when this week's data are late, and when they came after all.

Law: said once for each change, in codes and moments; a worker that starts anew says it anew.
"""

from __future__ import annotations

import structlog

from house.wiring import WorkerHouse
from runtime.clock import rfc3339
from runtime.database import reading
from snapshot.week import Week, this_week


class WeekWatch:
    """Looks how the week stands."""

    def __init__(self, house: WorkerHouse) -> None:
        self._house = house
        self._told: Week | None = None

    def look(self) -> None:
        """Say what is late, where that wasn't said yet; say that it came, where it was."""
        with reading(self._house.engine) as connection:
            week = this_week(connection, self._house.clock.now())
        if week == self._told:
            return
        log = structlog.get_logger()
        if week.is_late:
            log.warning("snapshot.late", as_of=rfc3339(week.as_of), state=week.stage.value)
        elif self._told is not None and self._told.is_late:
            log.info("snapshot.caught_up", as_of=rfc3339(week.as_of), state=week.stage.value)
        self._told = week
