"""The clock is held against another clock."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from runtime.database import reading
from runtime.skew import ClockWatch
from tests.factories import a_database


@pytest.mark.parametrize("shift", [-5.0, 0.0, 5.0])
def test_a_shifted_clock_is_seen(tmp_path: Path, shift: float) -> None:
    """SQLite: a jump since the start, either way. PostgreSQL: the distance from the server's clock."""
    engine, moved = a_database(tmp_path), 0.0
    watch = ClockWatch(wall=lambda: time.time() + moved)
    moved = shift
    with reading(engine) as connection:
        assert abs(shift) == pytest.approx(watch.skew(connection), abs=0.5)


@pytest.mark.embedded
def test_time_that_goes_on_is_no_skew(tmp_path: Path) -> None:
    """Both clocks go on together, also while the machine sleeps."""
    now = {"wall": 1000.0, "steady": 5.0}
    watch = ClockWatch(wall=lambda: now["wall"], steady=lambda: now["steady"])
    now = {"wall": 4600.0, "steady": 3605.0}

    with reading(a_database(tmp_path)) as connection:
        assert watch.skew(connection) == 0
