"""The queue's tasks: three lines each over the pipeline and the sweep.

The house is opened in each pool process after the fork, and lazily, so that a broken
setting is an error of the task's log and not of a half-started pool.
"""

from __future__ import annotations

from functools import cached_property
from uuid import UUID

from celery import Celery

from house.wiring import WorkerHouse
from runtime.broker import ADVANCE, SWEEP, make_queue
from runtime.settings import WorkerSettings
from worker.pipeline import Pipeline, Reached
from worker.sweep import Sweep


class Bench:
    """What a pool process works with, opened at its first task."""

    def __init__(self, settings: WorkerSettings, reached: Reached | None) -> None:
        self._settings = settings
        self._reached = reached

    @cached_property
    def house(self) -> WorkerHouse:
        """The worker's house."""
        return WorkerHouse(self._settings)

    @cached_property
    def pipeline(self) -> Pipeline:
        """The pipeline."""
        return Pipeline(self.house, self._reached)

    @cached_property
    def sweep(self) -> Sweep:
        """The sweep."""
        return Sweep(self.house)


def make_worker(settings: WorkerSettings, reached: Reached | None = None) -> Celery:
    """Return the Celery application with its two tasks."""
    queue = make_queue(settings.broker)
    bench = Bench(settings, reached)

    @queue.task(name=ADVANCE)
    def advance(export: str) -> None:
        """Carry one export on."""
        bench.pipeline.advance(str(UUID(export)))

    @queue.task(name=SWEEP)
    def sweep() -> None:
        """Wake, sign and destroy what is due."""
        bench.sweep.run()

    return queue
