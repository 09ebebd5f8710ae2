"""A sample is made of a seed and a Friday."""

from __future__ import annotations

from pathlib import Path

from cli.desk import CommandError
from tests.cli.conftest import Run


def test_sample_imports_as_it_is(run: Run, tmp_path: Path) -> None:
    """`sample` writes three files and names them."""
    arguments = ("--agents", "3", "--consumers", "20", "--seed", "1", "--out", tmp_path)
    done = run("sample", *arguments, "--as-of", "2026-11-20")
    assert 0 == done.exit_code, done.exception
    assert ["extract.csv", "manifest.json", "roster.csv"] == sorted(path.name for path in tmp_path.iterdir())
    assert isinstance(run("sample", *arguments, "--as-of", "2026-11-19").exception, CommandError)


def test_sample_is_signed_by_a_trials_key(run: Run, tmp_path: Path) -> None:
    """`sample-key` makes an exchange's key, and `sample --sign` signs with it; no key is an error."""
    arguments = ("--agents", "3", "--consumers", "20", "--seed", "1", "--as-of", "2026-11-20")
    assert 0 == run("sample-key", tmp_path / "key").exit_code
    signed = ("sample", *arguments, "--out", tmp_path / "s", "--format", "parquet", "--sign")
    assert 0 == run(*signed, tmp_path / "key" / "exchange.key").exit_code
    assert "sample.exchange.example/extracts" in (tmp_path / "s" / "manifest.json").read_text()
    assert isinstance(run("sample-key", tmp_path / "key").exception, CommandError)
    assert isinstance(run(*signed, tmp_path / "key" / "exchange.vkey").exception, CommandError)
    assert isinstance(run(*signed, tmp_path / "none").exception, CommandError)
