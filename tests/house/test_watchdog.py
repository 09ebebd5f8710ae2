"""What a killed parent left running is ended by the watchdog, and nothing else is."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from house.children import Watchdog

SLEEP = [sys.executable, "-I", "-S", "-c", "import time; time.sleep(60)"]
DEAF = [
    sys.executable, "-I", "-S", "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)",
]  # fmt: skip


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """Return a process that would outlive the test."""
    with subprocess.Popen(SLEEP, start_new_session=True) as process:
        yield process
        process.kill()


def test_watched_process_ends_with_the_pipe(sleeper: subprocess.Popen[bytes]) -> None:
    """A process that is still watched when the pipe closes gets SIGTERM."""
    dog = Watchdog(grace_seconds=0.3)
    dog.watch(sleeper.pid)
    dog.close()
    assert -15 == sleeper.wait(timeout=30)


def test_forgotten_process_lives_on(sleeper: subprocess.Popen[bytes]) -> None:
    """A process that was forgotten is let be."""
    dog = Watchdog(grace_seconds=0.3)
    dog.watch(sleeper.pid)
    dog.forget(sleeper.pid)
    dog.close()
    assert sleeper.poll() is None


def test_process_that_does_not_listen_is_killed() -> None:
    """SIGTERM ignored is followed by SIGKILL."""
    with subprocess.Popen(DEAF, start_new_session=True, stdout=subprocess.PIPE) as deaf:
        assert deaf.stdout is not None
        deaf.stdout.readline()
        dog = Watchdog(grace_seconds=0.3)
        dog.watch(deaf.pid)
        dog.close()
        assert -9 == deaf.wait(timeout=30)
