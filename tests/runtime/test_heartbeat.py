"""A process without a port shows that it lives."""

from __future__ import annotations

import os
from pathlib import Path

from runtime.heartbeat import beat, is_beating, main


def test_a_file_that_was_touched_lately_beats(tmp_path: Path) -> None:
    """The exit code tells Docker."""
    file = tmp_path / "beat"
    beat(file)

    assert is_beating(file, 60)
    assert 0 == main([str(file), "--within", "60"])


def test_an_old_or_missing_file_is_a_dead_process(tmp_path: Path) -> None:
    """What wasn't touched within the time, or never, is dead."""
    file = tmp_path / "beat"
    assert 1 == main([str(file), "--within", "60"])
    beat(file)
    os.utime(file, (0, 0))

    assert 1 == main([str(file), "--within", "60"])


def test_without_a_file_nothing_is_shown() -> None:
    """Embedded, a process's parent watches it, and no file is needed."""
    beat(None)
