"""Turns: who may speak to the keeper, first come, first served.

Law: a turn is held by one call at a time. After a stale answer a call keeps its turn for its
next try, for a bounded time, so that V is still the one that it was told.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """A lock that is fair: those who wait are let in by the order in which they came."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._queue: deque[object] = deque()

    @contextmanager
    def take(self) -> Iterator[None]:
        """Wait for the turn and hold it within the block."""
        ticket = object()
        with self._changed:
            self._queue.append(ticket)
            self._changed.wait_for(lambda: self._queue[0] is ticket)
        try:
            yield
        finally:
            with self._changed:
                self._queue.popleft()
                self._changed.notify_all()

    def close(self) -> None:
        """Wait for the turn and keep it: nobody is let in after this."""
        ticket = object()
        with self._changed:
            self._queue.append(ticket)
            self._changed.wait_for(lambda: self._queue[0] is ticket)
