"""The bench `ledger`: its parts, each beside its own peers."""

from __future__ import annotations

from bench import ledger_append, ledger_gate, ledger_vault, ledger_verify
from bench.table import Ratio

_PARTS = (ledger_append, ledger_gate, ledger_verify, ledger_vault)


def measure(*, quick: bool) -> list[Ratio]:
    """Return the ratios of all parts."""
    return [ratio for part in _PARTS for ratio in part.measure(quick=quick)]
