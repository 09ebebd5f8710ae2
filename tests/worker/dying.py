"""A real worker that kills itself, hard, at the crossings that a test chose.

    python -m tests.worker.dying --data DIR

`DIR/deaths.json` maps an export's id to the crossing to die at. Each death happens once: a
file per export marks it before the kill.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
from pathlib import Path

from exports.states import Step
from runtime.logs import start_logs
from runtime.settings import WorkerSettings, load_settings
from worker.main import run_worker


class Deaths:
    """Kills pool process and parent at the chosen crossing, the first time that it is reached."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def reached(self, export: str, step: Step) -> None:
        """Die here if the test says so."""
        chosen = json.loads((self._folder / "deaths.json").read_text())
        mark = self._folder / f"died-{export}"
        if chosen.get(export) == step.value and not mark.exists():
            mark.touch()
            os.kill(os.getppid(), signal.SIGKILL)
            os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Work, and die where told."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    data: Path = parser.parse_args().data
    start_logs()
    run_worker(load_settings(data, WorkerSettings), Deaths(data).reached)


if __name__ == "__main__":
    main()
