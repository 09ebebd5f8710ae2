"""The beat wakes the sweep, shows that it lives, and ends when it is told to."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from runtime.broker import SWEEP, broker_client
from tests.backends import a_broker
from tests.installation import Installation, an_installation

_PATIENCE_SECONDS = 20


def start_beat(home: Installation, heartbeat: Path) -> subprocess.Popen[bytes]:
    """Start a beat that beats ten times a second."""
    environment = os.environ | {"SEALEDBOOK_BEAT_SECONDS": "0.1", "SEALEDBOOK_HEARTBEAT_FILE": str(heartbeat)}
    return subprocess.Popen([sys.executable, "-m", "worker.beat", "--data", str(home.data)], env=environment)


def wait_for(heartbeat: Path) -> None:
    """Wait until the file is there."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not heartbeat.exists():
        assert time.monotonic() < deadline, "no beat came"
        time.sleep(0.05)


def test_a_beat_wakes_the_sweep_and_asks_nothing_else(tmp_path: Path) -> None:
    """Its messages are the sweep's, without a word in them; without a broker it goes on."""
    heartbeat = tmp_path / "beat"
    with an_installation(tmp_path) as home:
        process = start_beat(home, heartbeat)
        try:
            wait_for(heartbeat)
            with a_broker(home.settings), broker_client(home.settings.broker) as broker:
                deadline = time.monotonic() + _PATIENCE_SECONDS
                messages: Any = []
                while not messages:
                    assert time.monotonic() < deadline, "no wake-up came"
                    time.sleep(0.05)
                    messages = broker.lrange("sealedbook:celery", 0, -1)
        finally:
            process.terminate()
            code = process.wait(timeout=_PATIENCE_SECONDS)

    assert 0 == code
    assert all(SWEEP in message and '"argsrepr": "[]"' in message for message in messages)


def test_a_folder_without_an_installation_is_said(tmp_path: Path) -> None:
    """A beat that can't know its broker ends with the reason."""
    command = [sys.executable, "-m", "worker.beat", "--data", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)

    assert 1 == ended.returncode
    assert "there is no installation" in ended.stderr
