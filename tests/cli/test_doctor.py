"""The operator's two commands show what the house found, for people and for programs."""

from __future__ import annotations

import json

from tests.cli.conftest import Run
from tests.installation import Installation

NOT_RUNNING = {"broker"}


def test_doctor_shows_each_check_with_what_to_do(run: Run, home: Installation) -> None:
    """One line a check, an arrow with advice below it, and exit code 1 where one fails."""
    done = run("doctor", "--data", home.data)
    assert 1 == done.exit_code
    lines = done.stdout.splitlines()
    failed = [number for number, line in enumerate(lines) if line.startswith("fail")]
    assert NOT_RUNNING == {lines[number].split()[1] for number in failed}
    assert all(lines[number + 1].strip().startswith("→") for number in failed)
    assert any(line.startswith("ok    vault") for line in lines)


def test_doctor_tells_programs_the_same(run: Run, home: Installation) -> None:
    """With --json each check has its verdict, what was seen and what to do."""
    done = run("doctor", "--json", "--data", home.data)
    said = json.loads(done.stdout)
    assert (1, False) == (done.exit_code, said["ok"])
    assert NOT_RUNNING == {check["check"] for check in said["checks"] if check["verdict"] == "fail"}
    assert all(check["advice"] for check in said["checks"] if check["verdict"] != "ok")


def test_status_tells_numbers_and_moments(run: Run, home: Installation) -> None:
    """A house that isn't served is shown with its snapshot, ledger and vault all the same."""
    said = json.loads(run("status", "--json", "--data", home.data).stdout)
    assert (False, None, "demo") == (said["running"], said["url"], said["mode"])
    assert ("2026-11-21T05:00:00.000000Z", 1) == (said["snapshot"]["as_of"], said["snapshot"]["revision"])
    assert home.operator.reader.head().size == said["entries"]
    assert said["next_publication"].endswith("T00:00:00-08:00")
    assert {"locked": False, "alarms": {}}.items() <= said["vault"].items()


def test_status_is_readable(run: Run, home: Installation) -> None:
    """For people it is a line a thing, and nobody's licence, name or address is in it."""
    told = run("status", "--data", home.data).stdout
    names = {line[:18].strip() for line in told.splitlines()}
    assert {"running", "exports", "due", "snapshot", "next publication", "signed", "vault"} <= names
    roster = home.roster.read_text().splitlines()[1:]
    assert not any(value in told for record in roster for value in record.split(",") if len(value) > 7)
