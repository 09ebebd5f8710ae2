"""A feed of ended delegations at the console."""

from __future__ import annotations

from pathlib import Path

from audit.events import Event, Outcome
from cli.desk import CommandError
from tests.cli.conftest import Run, last_entries
from tests.installation import Installation

HEADER = "agent_license_number,consumer_id,ended_on\n"


def test_a_feed_is_taken_over_once(run: Run, home: Installation, tmp_path: Path) -> None:
    """The first time it is new and recorded under its permit, the second time it isn't."""
    feed = tmp_path / "ended.csv"
    feed.write_text(f"{HEADER}0Z00001,C-1,2026-11-21\n0Z00001,C-2,2026-11-21\n")
    done = run("delegations", "end", feed, "--data", home.data)
    assert "2 ended delegations, 2 of them new" in done.stdout, done.exception
    permit, ended = last_entries(home, 2)
    assert (Event.DELEGATION_REQUESTED, Outcome.PERMIT) == (permit.event, permit.outcome)
    assert (Event.DELEGATION_ENDED, "0Z00001", permit.resource) == (ended.event, ended.agent, ended.resource)
    assert "2 ended delegations, 0 of them new" in run("delegations", "end", feed, "--data", home.data).stdout


def test_a_bad_feed_changes_nothing(run: Run, home: Installation, tmp_path: Path) -> None:
    """It is refused before anything is decided, and named by its place alone."""
    feed = tmp_path / "ended.csv"
    feed.write_text(f"{HEADER}0Z00001,C-secret,soon\n")
    size = home.operator.reader.head().size
    error = run("delegations", "end", feed, "--data", home.data).exception
    assert isinstance(error, CommandError)
    assert "record 2, column ended_on" in str(error)
    assert "C-secret" not in str(error)
    assert Event.COMMAND_ISSUED is last_entries(home, 1)[0].event
    assert size + 1 == home.operator.reader.head().size
