"""What a check found: one verdict, what it saw, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How something is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One check's answer; `advice` is empty where there is nothing to do."""

    check: str
    verdict: Verdict
    said: str
    advice: str = ""


def well(check: str, said: str) -> Finding:
    """Return that all is well."""
    return Finding(check=check, verdict=Verdict.OK, said=said)


def warned(check: str, said: str, advice: str) -> Finding:
    """Return that something will need somebody."""
    return Finding(check=check, verdict=Verdict.WARN, said=said, advice=advice)


def failed(check: str, said: str, advice: str) -> Finding:
    """Return that something needs somebody now."""
    return Finding(check=check, verdict=Verdict.FAIL, said=said, advice=advice)
