"""The beat: `python -m worker.beat --data DIR`. It wakes the sweep now and then, and does nothing else.

Law: it may be dead, doubled or late. The sweep is idempotent and held under a lease, and each
worker wakes it too; so the beat reaches the broker alone, and neither database nor vault.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from runtime.broker import SWEEP, make_queue, wake
from runtime.heartbeat import beat
from runtime.logs import start_logs
from runtime.processes import keep_to_itself
from runtime.settings import BeatSettings, SettingsError, load_settings


def run_beat(settings: BeatSettings, stopping: threading.Event) -> None:
    """Wake the sweep until told to stop; a broker that is away is asked again the next time."""
    queue = make_queue(settings.broker)
    while True:
        wake(queue, SWEEP)
        beat(settings.heartbeat_file)
        if stopping.wait(settings.beat_seconds):
            return


def main(arguments: list[str] | None = None) -> None:
    """Read the command line and beat."""
    parser = argparse.ArgumentParser(prog="beat", description="Sealed Book's beat")
    parser.add_argument("--data", type=Path, required=True, help="the installation's folder")
    options = parser.parse_args(arguments)
    keep_to_itself()
    start_logs()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopping.set())
    try:
        run_beat(load_settings(options.data, BeatSettings), stopping)
    except SettingsError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
