"""Lanes: what the sweep has done beside itself, because the other end may hang.

Laws
1. The sweep never waits for a lane. One that still runs from an earlier round is left alone.
2. One worker at a time drives a lane, under the lane's own lease in the database.
3. A lane that breaks or dies with the process harms nothing: each step notes what it did after
   it was done outside, and what is done twice is harmless there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

import structlog

from house.wiring import WorkerHouse
from runtime.database import writing
from runtime.logs import place_of
from store.leases import give_back_lease, take_lease

LEASE_SECONDS = 120.0


class Lanes:
    """Runs named pieces of work, each in a thread of its own."""

    def __init__(self, house: WorkerHouse, work: Mapping[str, Callable[[], None]]) -> None:
        self._house = house
        self._work = work
        self._threads: dict[str, threading.Thread] = {}

    def start(self) -> None:
        """Start every lane that isn't under way."""
        for name, work in self._work.items():
            running = self._threads.get(name)
            if running is None or not running.is_alive():
                thread = threading.Thread(target=self._drive, args=(name, work), name=name, daemon=True)
                self._threads[name] = thread
                thread.start()

    def wait(self, seconds: float) -> bool:
        """Wait for what is under way; tell whether all of it ended."""
        for thread in self._threads.values():
            thread.join(seconds)
        return not any(thread.is_alive() for thread in self._threads.values())

    def _drive(self, name: str, work: Callable[[], None]) -> None:
        house = self._house
        try:
            with writing(house.engine) as connection:
                if not take_lease(connection, name, house.owner, house.clock.now(), LEASE_SECONDS):
                    return
            try:
                work()
            finally:
                # Another worker may go on at once, e.g. after this one's restart.
                with writing(house.engine) as connection:
                    give_back_lease(connection, name, house.owner, house.clock.now())
        except Exception as error:  # noqa: BLE001 - a thread's end; the next round starts it anew
            structlog.get_logger().warning(
                "lane.broke", lane=name, error=type(error).__name__, place=place_of(error)
            )
