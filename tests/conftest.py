"""What every test shares: the choice of backends, and under `--require-all` a skip is a failure.

Marked `embedded` are tests of SQLite or Valkey themselves, marked `servers` those of PostgreSQL
or Redis themselves; each runs with its backends only. What is marked `soak` runs for minutes, and
only when `-m soak` asks for it.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from typing import Any

import pytest

from tests.backends import KINDS, VARIABLE, databases_of_a_test


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer the choice of backends, and screenshots."""
    parser.addoption(
        "--backends", choices=KINDS, default=None, help="SQLite and Valkey, or PostgreSQL and Redis"
    )
    parser.addoption(
        "--screenshots", action="store_true", help="let the browser's walks save docs/screenshots/*.png"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Let the choice be known to the processes too that tests start."""
    os.environ[VARIABLE] = config.getoption("backends") or os.environ.get(VARIABLE) or KINDS[0]
    # Installations by the hundred needn't each keep what one does.
    os.environ.setdefault("SEALEDBOOK_RESERVE_BYTES", "65536")
    if os.environ[VARIABLE] not in KINDS:
        raise pytest.UsageError(f"{VARIABLE} is one of {', '.join(KINDS)}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is about the other backends, and what runs for minutes unless it is asked for."""
    out = [next(kind for kind in KINDS if kind != os.environ[VARIABLE])]
    if "soak" not in config.getoption("markexpr"):
        out.append("soak")
    left = {item for item in items if any(map(item.get_closest_marker, out))}
    if left:
        config.hook.pytest_deselected(items=list(left))
        items[:] = [item for item in items if item not in left]


@pytest.fixture(autouse=True)
def _own_databases() -> Iterator[None]:
    """Leave no database of a test behind."""
    with databases_of_a_test():
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure where everything is required."""
    report = yield
    if report.skipped and os.environ.get("SEALEDBOOK_REQUIRE_ALL"):
        reason: Any = report.longrepr
        report.outcome = "failed"
        report.longrepr = (
            f"skipped where nothing may be: {reason[2] if isinstance(reason, tuple) else reason}"
        )
    return report
