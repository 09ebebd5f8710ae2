"""What keeps the house from releasing anything just now, by the codes that `/readyz` says too.

`clock`: the machine's clock is further off than rule R22 allows.
`disk`: the disk's reserve is spent. Anchors come with their own names, see `anchoring.py`.
Each is looked at once a second at most.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from audit.stored import answering
from policies.guard import Guard
from runtime.reserve import Reserve
from runtime.skew import ClockWatch

CLOCK, DISK = "clock", "disk"
_KEPT_SECONDS = 1.0


@dataclass(frozen=True)
class Guards:
    """Several guards as one."""

    guards: Sequence[Guard]

    def halted_by(self, connection: Connection, now: datetime) -> Collection[str]:
        """Return what any of them is halted by."""
        return [name for guard in self.guards for name in guard.halted_by(connection, now)]


@dataclass
class ClockGuard:
    """Halts while the clock can't be believed; `allowed` in seconds."""

    watch: ClockWatch
    allowed: float
    _looked_at: float = field(default=float("-inf"))
    _is_off: bool = False

    def halted_by(self, connection: Connection, _now: datetime | None = None) -> Collection[str]:
        """Return `clock` while it is off."""
        if time.monotonic() - self._looked_at >= _KEPT_SECONDS:
            with answering():
                self._is_off = self.watch.skew(connection) > self.allowed
            self._looked_at = time.monotonic()
        return (CLOCK,) if self._is_off else ()


@dataclass
class DiskGuard:
    """Halts while the reserve is spent."""

    reserve: Reserve
    _looked_at: float = field(default=float("-inf"))
    _is_whole: bool = True

    def halted_by(
        self, _connection: Connection | None = None, _now: datetime | None = None
    ) -> Collection[str]:
        """Return `disk` while the reserve isn't whole."""
        if time.monotonic() - self._looked_at >= _KEPT_SECONDS:
            self._is_whole = self.reserve.settle()
            self._looked_at = time.monotonic()
        return () if self._is_whole else (DISK,)
