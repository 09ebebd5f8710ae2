"""Stand-ins with real behaviour and fault switches."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class PinnedClock:
    """A clock that moves only when a test moves it."""

    def __init__(self, moment: datetime | None = None) -> None:
        self.moment = moment or datetime(2026, 11, 21, 18, 0, tzinfo=UTC)

    def now(self) -> datetime:
        """Return the pinned moment."""
        return self.moment

    def advance(self, **duration: float) -> None:
        """Move on by a `timedelta`, given by its parts."""
        self.moment += timedelta(**duration)
