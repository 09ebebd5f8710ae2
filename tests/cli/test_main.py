"""The command line as a process: one clear message, exit code 1, never a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from audit.verify import VerifyError
from cli.desk import CommandError
from cli.words import explain

SECRET = "Consuela Planted-Surname"


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command line as a process."""
    command = [sys.executable, "-m", "cli.main", *(str(each) for each in arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_failure_is_one_message_and_exit_code_one(tmp_path: Path) -> None:
    """A folder without an installation: said on standard error, nothing on standard output."""
    done = run("snapshot", "list", "--data", tmp_path)
    assert (1, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("sealedbook: there is no installation in ")
    assert "Traceback" not in done.stderr


def test_evidence_is_verified_without_an_installation(tmp_path: Path) -> None:
    """A folder that holds no bundle doesn't verify: exit code 1, and which file is missing."""
    done = run("audit", "verify", tmp_path)
    assert 1 == done.returncode
    assert "NOT VERIFIED: vkey can't be read" in done.stderr


def raised(error: Exception) -> Exception:
    """Return an error that has a place, as one that was raised has."""
    try:
        raise error
    except type(error) as caught:
        return caught


def test_unforeseen_error_shows_class_and_place_only() -> None:
    """The message of an error that nobody foresaw isn't shown, since it may quote values."""
    said = explain(raised(KeyError(SECRET)))
    assert "unexpected KeyError at test_main.py:" in said
    assert SECRET not in said


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (CommandError("do this"), "do this"),
        (VerifyError("line 3: changed"), "NOT VERIFIED: line 3: changed"),
        (FileNotFoundError(2, "No such file or directory", "x.csv"), "x.csv: No such file or directory"),
    ],
)
def test_foreseen_errors_have_words(error: Exception, said: str) -> None:
    """Each error that a room foresaw is told in its own words."""
    assert said == explain(raised(error))
