"""How far the machine's clock is off: from the database's where that is another machine's, else from itself.

Law: a moment is worth recording where two clocks agree on it. PostgreSQL's server has a clock of
its own. SQLite has none; there the clock is held against the time since boot, which nobody can
set, so that a jump is seen for as long as it lasts or until the process is started again.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import Connection, text

_DATABASE_NOW = text("SELECT extract(epoch FROM clock_timestamp())")


def since_boot() -> float:
    """Return seconds since boot, sleep included, that setting the clock doesn't change."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class ClockWatch:
    """Watches the machine's clock from when it is made. `wall` and `steady` return seconds."""

    def __init__(
        self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = since_boot
    ) -> None:
        self._wall = wall
        self._steady = steady
        self._ahead_at_start = wall() - steady()

    def skew(self, connection: Connection) -> float:
        """Return by how many seconds the clock is off, either way."""
        if connection.dialect.name == "sqlite":
            return abs(self._wall() - self._steady() - self._ahead_at_start)
        before = self._wall()
        there = float(connection.execute(_DATABASE_NOW).scalar_one())
        # What the question's own way took is no skew.
        return max(before - there, there - self._wall(), 0.0)
