"""The worker's process: `python -m worker.main --data DIR`.

A timer in the main process wakes the sweep; the sweep itself runs in the pool, which is
the only place where the database and the vault are opened (never before a fork).
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from celery import bootsteps, signals

from house.tale import ServiceTale
from house.wiring import WorkerHouse
from runtime.broker import SWEEP, wake
from runtime.database import DatabaseUnfitError, check_database
from runtime.heartbeat import beat
from runtime.logs import start_logs
from runtime.processes import die_with_parent, keep_to_itself
from runtime.settings import SettingsError, WorkerSettings, load_settings
from worker.pipeline import Reached
from worker.tasks import make_worker

_OPTIONS = (
    "--pool=prefork",
    "--concurrency=1",
    "--loglevel=WARNING",
    "--without-gossip",
    "--without-mingle",
    "--without-heartbeat",
)


def run_worker(settings: WorkerSettings, reached: Reached | None = None) -> None:
    """Work until told to stop."""
    queue = make_worker(settings, reached)

    class SweepTimer(bootsteps.StartStopStep):
        """Wakes the sweep from the worker's own event loop."""

        requires = ("celery.worker.components:Timer",)

        def __init__(self, parent: Any, **_options: Any) -> None:
            self.entry: Any = None
            super().__init__(parent)

        def start(self, parent: Any) -> None:
            """Begin to wake the sweep."""
            self.entry = parent.timer.call_repeatedly(settings.sweep_seconds, self.tick)

        def tick(self) -> None:
            """Wake the sweep, and show that the worker lives."""
            wake(queue, SWEEP)
            beat(settings.heartbeat_file)

        def stop(self, _parent: Any) -> None:
            """Wake it no more."""
            if self.entry is not None:
                self.entry.cancel()

    # Celery would set up loggers of its own, which print what ours never would.
    signals.setup_logging.connect(_keep_our_logs, weak=False)
    queue.steps["worker"].add(SweepTimer)
    queue.worker_main(["worker", *_OPTIONS])


def _keep_our_logs(**_options: Any) -> None:
    start_logs()


def main(arguments: list[str] | None = None) -> None:
    """Read the command line and work."""
    parser = argparse.ArgumentParser(prog="worker", description="Sealed Book's worker")
    parser.add_argument("--data", type=Path, required=True, help="the installation's folder")
    parser.add_argument("--parent-pid", type=int, help="end when this process is gone")
    options = parser.parse_args(arguments)
    # A second SIGTERM shouldn't be needed: stop taking work, give the task a few seconds.
    os.environ.setdefault("REMAP_SIGTERM", "SIGQUIT")
    keep_to_itself()
    if options.parent_pid:
        die_with_parent(options.parent_pid)
    start_logs()
    try:
        settings = load_settings(options.data, WorkerSettings)
        settings.record_key("worker")
        check_database(settings.database)
    except (SettingsError, DatabaseUnfitError) as error:
        sys.exit(str(error))
    house = WorkerHouse(settings)
    with ServiceTale(house, "worker") as tale:
        tale.started()
        # The pool's process forks from this one: it must find no open database.
        house.close()
        run_worker(settings)


if __name__ == "__main__":
    main()
