"""The bench `ledger`: its parts, each beside its own peers."""

from __future__ import annotations

from bench import ledger_append
from bench.table import Ratio


def measure(*, quick: bool) -> list[Ratio]:
    """Return the ratios of all parts."""
    return ledger_append.measure(quick=quick)
