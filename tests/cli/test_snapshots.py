"""Extracts come in checked, are put in force, and are listed; a bad one is refused whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from audit.events import Event
from cli.desk import CommandError
from policies.gate import RefusedError
from runtime.database import writing
from snapshot.published import SnapshotNotFoundError, list_snapshots, newest_published
from snapshot.publishing import SnapshotStateError
from snapshot.report import ExtractRefusedError
from snapshot.retention import note_outlived
from snapshot.tables import State
from tests.cli.conftest import Run, last_entries
from tests.installation import Installation

AS_OF = "2026-11-20T21:00:00-08:00"


def test_extract_is_imported_published_and_listed(run: Run, home: Installation, tmp_path: Path) -> None:
    """The same cut-off again is the next revision, and the list shows it."""
    bare = run("snapshot", "import", home.extract, "--as-of", AS_OF, "--data", home.data)
    assert isinstance(bare.exception, SnapshotStateError)
    reports = tmp_path / "reports"
    imported = run(
        *("snapshot", "import", home.extract, "--as-of", AS_OF, "--data", home.data),
        *("--reason", "wrong-values", "--report", reports),
    )
    assert "accepted" in imported.stdout, imported.exception
    assert json.loads((reports / "report.json").read_text())["changes"]["revision"] == 1
    published = run("snapshot", "publish", "--data", home.data)
    assert "revision 2" in published.stdout, published.exception
    assert "0 delegations begun, 0 ended" in published.stdout
    listed = run("snapshot", "list", "--data", home.data)
    assert 2 <= listed.stdout.count("published")
    assert "revision 2 (wrong-values)" in listed.stdout
    assert isinstance(run("snapshot", "publish", "--data", home.data).exception, CommandError)


def test_wrong_as_of_refuses_the_extract(run: Run, home: Installation, tmp_path: Path) -> None:
    """An as-of that the column doesn't say refuses the file whole, and that is recorded."""
    wrong = "2026-11-13T21:00:00-08:00"
    imported = ("snapshot", "import", home.extract, "--as-of", wrong, "--data", home.data)
    error = run(*imported, "--report", tmp_path).exception
    assert isinstance(error, ExtractRefusedError)
    assert Event.SNAPSHOT_REFUSED == last_entries(home, 1)[0].event
    assert "refused; nothing of it is kept" in (tmp_path / "report.html").read_text()
    (finding,) = json.loads((tmp_path / "report.json").read_text())["findings"]
    assert ("snapshot_as_of", "wrong-as-of") == (finding["column"], finding["code"])
    listed = json.loads(run("snapshot", "list", "--json", "--data", home.data).stdout)
    assert listed["attempts"][-1]["state"] == "refused"


def test_an_attempt_is_shown_with_its_counts(run: Run, home: Installation) -> None:
    """What one import holds is told by kind and by agent; an unknown attempt is an error."""
    attempts = json.loads(run("snapshot", "list", "--json", "--data", home.data).stdout)["attempts"]
    published = next(each for each in attempts if each["state"] == "published")
    shown = json.loads(run("snapshot", "show", published["attempt"], "--json", "--data", home.data).stdout)
    assert shown["rows"] == sum(shown["summary"]["kinds"].values())
    assert shown["summary"]["delegations"]["active"] == sum(shown["rows_by_agent"].values())
    assert [] == shown["drift"]
    text = run("snapshot", "show", published["attempt"], "--data", home.data).stdout
    assert "active rows" in text
    assert isinstance(
        run("snapshot", "show", "unknown", "--data", home.data).exception, SnapshotNotFoundError
    )


def test_a_destroyed_snapshot_is_listed_with_when_backups_let_go(run: Run, home: Installation) -> None:
    """List and JSON say when its rows were destroyed here, and from when on they are gone everywhere."""
    home.publish(home.extract)
    with writing(home.operator.engine) as connection:
        newest = newest_published(connection)
        gone = next(
            line.attempt
            for line in list_snapshots(connection)
            if line.state is State.PUBLISHED and newest and line.attempt != newest.attempt
        )
        note_outlived(connection, gone, "2026-11-21T20:00:00.000000Z")
    listed = run("snapshot", "list", "--data", home.data).stdout
    attempts = json.loads(run("snapshot", "list", "--json", "--data", home.data).stdout)["attempts"]
    told = next(each for each in attempts if each["attempt"] == gone)
    assert "rows destroyed here 2026-11-21 12:00 PST, and everywhere, backups too, by 2026-12-27" in listed
    assert ("destroyed", "2026-11-21T20:00:00.000000Z") == (told["state"], told["destroyed_at"])
    assert "2026-12-27" == told["gone_everywhere_on"]


@pytest.mark.parametrize("moment", ["yesterday", "2026-11-20", "2026-11-20T21:00:00"])
def test_moment_needs_its_offset(run: Run, home: Installation, moment: str) -> None:
    """A moment without its offset from UTC is a usage error that shows the form."""
    done = run("snapshot", "import", home.extract, "--as-of", moment, "--data", home.data)
    assert 2 == done.exit_code
    assert "-08:00" in done.stderr


def test_refusals_are_raised_with_their_rules(run: Run, home: Installation) -> None:
    """What a rule refuses at the console carries the rule."""
    future = home.data.parent / "future.csv"
    future.write_text(home.extract.read_text().replace("2026-11-20T21:00:00", "2026-11-27T21:00:00"))
    error = run(
        "snapshot", "import", future, "--as-of", "2026-11-27T21:00:00-08:00", "--data", home.data
    ).exception
    assert isinstance(error, RefusedError)
    assert ("R35",) == tuple(rule.id for rule in error.rules)
