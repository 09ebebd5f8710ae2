"""What every test shares: under `--require-all` a skip is a failure."""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any

import pytest


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
