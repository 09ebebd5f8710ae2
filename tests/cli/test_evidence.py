"""The ledger is handed out under a permit, and verified without an installation."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run
from tests.installation import Installation


def test_bundle_verifies_with_the_key_given(run: Run, home: Installation, tmp_path: Path) -> None:
    """A bundle verifies PINNED with the installation's key, and is written once."""
    done = run("audit", "bundle", tmp_path / "bundle", "--data", home.data)
    assert 0 == done.exit_code, done.exception
    verified = run("audit", "verify", tmp_path / "bundle", "--vkey", home.data / "vkey")
    assert " PINNED" in verified.stdout
    unpinned = run("audit", "verify", tmp_path / "bundle", "--since", tmp_path / "bundle" / "checkpoint")
    assert " UNPINNED" in unpinned.stdout
    assert 0 != run("audit", "bundle", tmp_path / "bundle", "--data", home.data).exit_code
