"""One child process: ready or an error with its last words, and stopped with all that it started."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from house.children import Child, ChildError, Watchdog
from tests.cli.serving import is_running

HANGING = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
open("pids", "w").write(str(grandchild.pid))
time.sleep(60)
"""
DYING = "import sys; print('first words'); sys.exit('the last words')"


@pytest.fixture
def dog() -> Iterator[Watchdog]:
    """Return a watchdog that ends with the test."""
    made = Watchdog(grace_seconds=0.1)
    yield made
    made.close()


def a_child(folder: Path, code: str, dog: Watchdog, monkeypatch: pytest.MonkeyPatch) -> Child:
    """Start a child that runs a module of this code."""
    (folder / "a_child_of_a_test.py").write_text(code)
    monkeypatch.chdir(folder)
    return Child("helper", ["a_child_of_a_test"], folder / "helper.log", dog, {})


def test_child_that_ends_shows_its_last_words(
    tmp_path: Path, dog: Watchdog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error has the exit code and the log's end."""
    child = a_child(tmp_path, DYING, dog, monkeypatch)
    with pytest.raises(ChildError, match=r"helper ended by itself \(exit code 1\)[^$]*the last words"):
        child.wait_ready(lambda: False, 30)
    child.stop(1)


def test_child_that_is_never_ready_is_given_up(
    tmp_path: Path, dog: Watchdog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child that runs and never gets ready is an error after the time it had."""
    child = a_child(tmp_path, "import time; time.sleep(60)", dog, monkeypatch)
    with pytest.raises(ChildError, match="isn't ready"):
        child.wait_ready(lambda: False, 0.1)
    child.stop(5)


def test_child_that_hangs_is_stopped_with_its_children(
    tmp_path: Path, dog: Watchdog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who doesn't end when asked is killed, and so is what it started."""
    child = a_child(tmp_path, HANGING, dog, monkeypatch)
    pids = tmp_path / "pids"
    child.wait_ready(lambda: pids.exists() and pids.read_text() != "", 30)
    child.stop(0.1)
    with pytest.raises(ChildError, match="exit code -9"):
        child.check_running()
    deadline = time.monotonic() + 10
    while is_running(int(pids.read_text())):
        assert time.monotonic() < deadline, "the child's own child goes on"
        time.sleep(0.02)
