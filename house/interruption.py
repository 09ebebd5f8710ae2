"""Ctrl-C and SIGTERM as an orderly end: no child process is started half, or stopped half.

While `orderly` holds, either signal ends the program with SystemExit (130 or 143), so that
every `finally` runs; inside `undisturbed` the end waits until the block is over.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_NUMBERS = (signal.SIGINT, signal.SIGTERM)
_EXIT_BASE = 128


class Interruption:
    """Knows whether the program was asked to end, and whether it may end right now."""

    def __init__(self) -> None:
        self._depth = 0
        self._asked: int | None = None

    @contextmanager
    def orderly(self) -> Iterator[None]:
        """Turn both signals into SystemExit until the block ends. Main thread only."""
        before = {number: signal.signal(number, self._on_signal) for number in _NUMBERS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Put a signal off to the end of the block."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
        self._end_if_asked()

    @property
    def asked(self) -> bool:
        """Whether the program was asked to end."""
        return self._asked is not None

    def end_if_asked(self) -> None:
        """End now if that was asked for: C code that a signal met may have dropped its SystemExit."""
        self._end_if_asked()

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._asked = number
        if self._depth == 0:
            self._end_if_asked()

    def _end_if_asked(self) -> None:
        if self._depth == 0 and self._asked is not None:
            raise SystemExit(_EXIT_BASE + self._asked)
