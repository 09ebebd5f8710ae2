"""The vault's health, as Docker asks for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.vault.factories import ORIGIN
from tests.vault.process import a_vault_process
from vault.ceremony import create_vault
from vault.health import main


def test_a_vault_that_answers_is_well(tmp_path: Path) -> None:
    """Asking needs a socket and no credential."""
    create_vault(tmp_path / "vault", ORIGIN)
    with a_vault_process(tmp_path / "vault") as process:
        assert 0 == main(["--socket", str(process.socket)])


def test_a_vault_that_is_away_is_not_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nothing answers, that is said."""
    assert 1 == main(["--socket", str(tmp_path / "none")])
    assert capsys.readouterr().err.startswith("vault: ")


def test_a_locked_vault_is_not_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A restored copy opens nothing until people recover it."""
    create_vault(tmp_path / "vault", ORIGIN)
    (tmp_path / "vault" / "changes.counter").write_text("1000\n")
    with a_vault_process(tmp_path / "vault") as process:
        assert 1 == main(["--socket", str(process.socket)])
    assert "vault: locked\n" == capsys.readouterr().err
