"""Healing: a part that ended by itself is started again, and a person reads which one did.

Laws
1. What keeps ending isn't started for ever: after `MOST_STARTS` within `WINDOW_SECONDS`
   everything is stopped, with the part's last words.
2. Each further start waits longer, so that a part that can't start leaves the machine alone.
3. Nothing is lost by it: what a killed worker held comes back by its lease, what a killed
   broker held by the sweep, and a vault that was killed begins from its own synced store.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack

from house.children import ChildError
from house.parts import Part
from house.processes import VAULT, Processes, RunningAlreadyError

MOST_STARTS = 5
WINDOW_SECONDS = 60.0
FIRST_WAIT_SECONDS = 0.2
_READY_SECONDS = 20.0
_LOOK_SECONDS = 0.25
_BUSY_SECONDS = 1.0


class Supervisor:
    """Watches the parts of running `processes`; `say` is told of each end, both of each new start."""

    def __init__(
        self,
        processes: Processes,
        say: Callable[[str], None],
        *,
        first_wait_seconds: float = FIRST_WAIT_SECONDS,
        restarted: Callable[[str], None] = lambda _name: None,
    ) -> None:
        self._restarted = restarted
        self._first_wait_seconds = first_wait_seconds
        self._processes = processes
        self._say = say
        self._starts: dict[str, deque[float]] = {}

    def watch(self) -> None:
        """Look until the program is asked to end (SystemExit), or a part can't be kept up (ChildError)."""
        while True:
            self._processes.interruption.end_if_asked()
            self.look()
            time.sleep(_LOOK_SECONDS)

    def look(self) -> None:
        """Look once at every part, in the order in which they need each other."""
        if self._processes.dog.heal():
            self._say("the watchdog ended by itself and was started again")
        for part in self._processes.parts:
            if part.has_ended():
                self._heal(part)

    def _heal(self, part: Part) -> None:
        attempt = self._count(part)
        self._say(_last_words(part))
        if attempt > 1:
            time.sleep(self._first_wait_seconds * 2 ** (attempt - 1))
        try:
            self._start(part)
        except ChildError as error:
            # Whatever is left of it is ended; the next look sees that and tries again.
            self._say(str(error))
            part.stop(0)
        else:
            self._say(f"the {part.name} was started again ({attempt} of {MOST_STARTS} within a minute)")
            self._restarted(part.name)

    def _start(self, part: Part) -> None:
        with ExitStack() as stack:
            if part.name == VAULT:
                self._wait_for_commands(stack)
            with self._processes.interruption.undisturbed():
                part.start()
            part.wait_ready(_READY_SECONDS)

    def _wait_for_commands(self, stack: ExitStack) -> None:
        """Let a command end that started a vault of its own when ours was gone."""
        while True:
            try:
                stack.enter_context(self._processes.vault_for_us(wait_seconds=_BUSY_SECONDS))
            except RunningAlreadyError as busy:
                self._say(str(busy))
            else:
                return

    def _count(self, part: Part) -> int:
        """Count one more start of a part; ChildError when there were too many."""
        starts = self._starts.setdefault(part.name, deque())
        now = time.monotonic()
        while starts and now - starts[0] > WINDOW_SECONDS:
            starts.popleft()
        if len(starts) >= MOST_STARTS:
            raise ChildError(
                f"the {part.name} ended {len(starts) + 1} times within a minute and can't be kept up; "
                f"everything was stopped. {_last_words(part)}"
            )
        starts.append(now)
        return len(starts)


def _last_words(part: Part) -> str:
    try:
        part.check_running()
    except ChildError as error:
        return str(error)
    return f"the {part.name} isn't running"
