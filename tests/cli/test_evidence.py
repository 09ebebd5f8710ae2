"""The ledger is handed out under a permit, and verified without an installation."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.cosignature import WitnessKey, cosign
from house.reconciling import reconcile
from runtime.database import reading
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


def test_verify_names_witnesses_and_quiet_times(run: Run, home: Installation, tmp_path: Path) -> None:
    """A witness who didn't cosign fails the verification, and so does a period with entries in it."""
    run("audit", "bundle", tmp_path / "bundle", "--data", home.data)
    witness = tmp_path / "witness"
    key = WitnessKey("compliance.example/w1", Ed25519PrivateKey.from_private_bytes(bytes(32)))
    witness.write_text(f"{key.verifier.text()}\n")
    checkpoint = tmp_path / "bundle" / "checkpoint"

    missing = run("audit", "verify", tmp_path / "bundle", "--witness", witness)
    assert "no cosignature of the named witness" in str(missing.exception)
    checkpoint.write_text(cosign(checkpoint.read_text(), key, 1_795_000_000))
    found = run("audit", "verify", tmp_path / "bundle", "--witness", witness)
    assert "COSIGNED by compliance.example/w1 at 2026-11-18T11:06:40Z" in found.stdout
    early = "2020-01-01T00:00:00Z", "2020-02-01T00:00:00+00:00"
    quiet = run("audit", "verify", tmp_path / "bundle", "--quiet-between", *early)
    assert "no entry stands from 2020-01-01T00:00:00.000000Z" in quiet.stdout
    loud = run("audit", "verify", tmp_path / "bundle", "--quiet-between", early[0], "2030-01-01T00:00:00Z")
    assert "an entry stands in the period" in str(loud.exception)


def test_an_extension_is_small_and_verifies(run: Run, home: Installation, tmp_path: Path) -> None:
    """Who kept a checkpoint gets the proof that the ledger extends it, without the ledger."""
    run("audit", "bundle", tmp_path / "bundle", "--data", home.data)
    old = tmp_path / "bundle" / "checkpoint"
    done = run("audit", "extension", tmp_path / "extension", "--since", old, "--data", home.data)
    assert "the proof that it extends" in done.stdout
    verified = run("audit", "verify", tmp_path / "extension", "--since", old, "--vkey", home.data / "vkey")
    assert "extends the old checkpoint" in verified.stdout


def test_prune_says_what_would_go(run: Run, home: Installation) -> None:
    """Without `--yes` nothing is changed, and what is younger than its retention is refused."""
    size = home.operator.reader.head().size
    plan = run("audit", "prune", "--before", "2016-01-01", "--data", home.data)
    assert "0 of the first 0 entries would go; nothing was changed" in plan.stdout
    assert "pruned 0" in run("audit", "prune", "--before", "2016-01-01", "--yes", "--data", home.data).stdout
    young = run("audit", "prune", "--before", "2026-11-01", "--yes", "--data", home.data)
    assert "entries are kept for 10 years" in str(young.exception)
    # Each of the three commands is an entry, and nothing else happened.
    assert size + 3 == home.operator.reader.head().size


def test_reconcile_says_what_was_held_against_the_ledger(run: Run, home: Installation) -> None:
    """It counts what the house holds; nothing differs."""
    with reading(home.operator.engine) as connection:
        held = reconcile(connection)
    done = run("audit", "reconcile", "--data", home.data)
    counted = f"{held.books} books, {held.pages} pages, {held.feeds} parts of feeds"
    counted += f" and {held.confirmations} confirmations"
    assert (0, f"{counted} are as the ledger says\n") == (done.exit_code, done.stdout)
