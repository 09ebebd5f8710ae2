"""The attack table of SECURITY.md and the attacks that are performed here are the same."""

from __future__ import annotations

from tests.attacks import test_ledger, test_stores, test_vault
from tests.attacks.scene import rows_of
from tests.test_layout import ROOT

_NO_ATTACK = {"the-scene-is-sound-without-an-attack"}


def test_every_row_is_performed_and_every_attack_has_a_row() -> None:
    """Each row's id is the name of one test, and each row says what the attacker does and what finds it."""
    rows = rows_of((ROOT / "SECURITY.md").read_text(encoding="utf-8"))
    performed = {
        name.removeprefix("test_").replace("_", "-")
        for module in (test_ledger, test_stores, test_vault)
        for name in vars(module)
        if name.startswith("test_")
    }

    assert performed - _NO_ATTACK == rows.keys()
    assert [] == [row for row, cells in rows.items() if cells.count("|") != 1 or not cells.strip(" |")]
