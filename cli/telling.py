"""How a long story is told at the console: one line a step, with the seconds since it began."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status


class Telling:
    """Tells steps on a console: a moving line while one is under way, a plain line once it is done."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """The seconds since the story began."""
        return time.monotonic() - self._began

    def say(self, text: str) -> None:
        """Tell something between two steps."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def warn(self, text: str) -> None:
        """Tell of trouble, on standard error."""
        Console(stderr=True).print(text, markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def step(self, title: str) -> Iterator[Callable[[str], None]]:
        """Do one step; what the block tells stands in the step's line at its end."""
        with self._console.status(title) as status:
            said = _Said(title, status)
            yield said
        self.say(f"{self.seconds:5.1f} s  {title}{': ' if said.last else ''}{said.last}")

    def detail(self, text: str) -> None:
        """Tell something more of the step before."""
        self.say(f"         {text}")


class _Said:
    """What a step told last; shown at once, and at the step's end."""

    def __init__(self, title: str, status: Status) -> None:
        self._title = title
        self._status = status
        self.last = ""

    def __call__(self, text: str) -> None:
        self.last = text
        self._status.update(f"{self._title}: {text}")
