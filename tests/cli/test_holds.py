"""Legal holds at the console: two people type their passwords, and the list tells what stands."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from cli.commands import commands
from house.presence import PresenceError
from runtime.database import reading, writing
from snapshot.published import newest_published
from store.people import keep_password
from tests.cli.conftest import Run
from tests.installation import CHEAP_HASHER, Installation, a_live_installation

AGENT = "0B65625"
AS_OF = "2026-11-21T05:00:00.000000Z"


def test_nothing_is_held_at_first(run: Run, home: Installation) -> None:
    """The list says so."""
    assert "nothing is held" in run("snapshot", "holds", "--data", home.data).stdout


def test_two_people_hold_and_let_go(tmp_path: Path, run: Run) -> None:
    """By cut-off or by attempt; one person alone, or a date that is none, changes nothing."""
    with a_live_installation(tmp_path) as (home, invited):
        home.adopt_policies()
        names = [one.person.username for one in invited.values()]
        with writing(home.operator.engine) as connection:
            for one in invited.values():
                keep_password(connection, one.person.id, CHEAP_HASHER.hash(one.person.username))
        home.publish(home.extract)
        with reading(home.operator.engine) as connection:
            newest = newest_published(connection)
        assert newest is not None
        folder = ["--data", str(home.data)]
        asked = ["--agent", AGENT, "--reason", "litigation", "--review", "2099-06-30", *folder]
        both = [word for name in names for word in ("--present", name)]
        typed = "".join(f"{name}\n" for name in names)

        alone = run("snapshot", "hold", AS_OF, "--present", names[0], *asked)
        undated = run("snapshot", "hold", AS_OF, *asked[:-4], "--review", "soon", *folder)
        held = CliRunner().invoke(commands, ["snapshot", "hold", AS_OF, *asked, *both], input=typed)
        listed = run("snapshot", "holds", *folder).stdout
        told = json.loads(run("snapshot", "holds", "--json", *folder).stdout)["holds"]
        command = ["snapshot", "release-hold", newest.attempt, *folder, *both]
        let_go = CliRunner().invoke(commands, command, input=typed)
        after = run("snapshot", "holds", *folder).stdout

    assert isinstance(alone.exception, PresenceError)
    assert "takes a date" in str(undated.exception)
    assert f"held of snapshot {newest.attempt}: {AGENT}" in held.stdout, held.exception
    assert f"held  agent {AGENT}  attempt {newest.attempt}  litigation" in listed
    assert [("held", "2099-06-30", False)] == [
        (one["state"], one["review_on"], one["overdue"]) for one in told
    ]
    assert f"let go of snapshot {newest.attempt}: {AGENT}" in let_go.stdout, let_go.exception
    assert "releasing" in after
