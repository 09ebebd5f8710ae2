"""A feed of ended delegations at the console."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path

from typer.testing import CliRunner

from audit.events import Event, Outcome
from cli.commands import commands
from cli.desk import CommandError
from house.delegations import end_delegations
from house.presence import PresenceError
from runtime.database import writing
from snapshot.feed import EndedLine
from store.people import keep_password
from tests.cli.conftest import Run, last_entries
from tests.installation import AS_OF, CHEAP_HASHER, CONSOLE_WHO, Installation, a_live_installation

AGENT = "0B65625"
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


def test_two_people_say_that_an_ended_delegation_stands(tmp_path: Path, run: Run) -> None:
    """Told by count and cut-off, asked for, done once; one person, a no or nothing to say changes nothing."""
    with a_live_installation(tmp_path) as (home, invited):
        home.adopt_policies()
        names = [one.person.username for one in invited.values()]
        with writing(home.operator.engine) as connection:
            for one in invited.values():
                keep_password(connection, one.person.id, CHEAP_HASHER.hash(one.person.username))
        home.publish(home.extract)
        with home.extract.open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["agent_license_number"] == AGENT]
        consumer = next(row["consumer_id"] for row in rows if row["delegation_status"] == "active")
        line = EndedLine(agent=AGENT, consumer=consumer, ended_at=AS_OF - timedelta(hours=1))
        asked = ["delegations", "confirm", "--agent", AGENT, "--data", str(home.data)]
        both = [word for name in names for word in ("--present", name)]
        typed = "".join(f"{name}\n" for name in names)

        nothing = run(*asked, *both)
        end_delegations(home.operator, CONSOLE_WHO, [line], "ab" * 32)
        size = home.operator.reader.head().size
        alone = run(*asked, "--present", names[0], "--yes")
        no = CliRunner().invoke(commands, [*asked, *both], input="n\n")
        issued = home.operator.reader.head().size
        done = CliRunner().invoke(commands, [*asked, *both], input=f"y\n{typed}")
        events = [entry.event for entry in last_entries(home, 5)]
        again = CliRunner().invoke(commands, [*asked, *both, "--yes"], input=typed)

    assert (0, True) == (nothing.exit_code, f"hold nobody of {AGENT}" in nothing.stdout)
    assert isinstance(alone.exception, PresenceError)
    assert (1, True) == (no.exit_code, "nothing was changed" in no.stdout)
    assert size + 2 == issued
    assert f"1 consumers of {AGENT} are withheld" in done.stdout, done.exception
    assert "in the books again from the cut-off of Friday, " in done.stdout
    assert f"confirmed: 1 consumers of {AGENT}" in done.stdout
    assert consumer not in done.stdout
    presences = [Event.COMMAND_ISSUED] * 3
    assert [*presences, Event.DELEGATION_REQUESTED, Event.DELEGATION_CONFIRMED] == events
    assert (0, True) == (again.exit_code, f"hold nobody of {AGENT}" in again.stdout)
