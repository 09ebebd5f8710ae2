"""The doctor says whether books are built by the native kernel, and what to do where they aren't."""

from __future__ import annotations

from book.native.kernel import kernel_or_none
from house.doctor.books import check_kernel
from house.doctor.examination import CHECKS
from house.doctor.findings import Verdict
from house.wiring import House
from runtime.settings import Settings


def test_the_kernel_is_one_of_the_checks() -> None:
    """It is asked at every examination."""
    assert check_kernel in CHECKS.values()


def test_a_missing_kernel_is_a_warning_with_advice() -> None:
    """Books are the same without it, so it is no failure; the advice names what is missing."""
    finding = check_kernel(House(Settings.model_construct(), "operator"))

    if kernel_or_none() is None:
        assert finding.verdict == Verdict.WARN
        assert "compiler" in finding.advice
    else:
        assert finding.verdict == Verdict.OK
        assert "native" in finding.said
