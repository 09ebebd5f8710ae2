"""Two importers of one Friday on one installation, at the same time: one snapshot, whoever wins."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.installation import Installation, an_installation

AS_OF = "2026-11-20T21:00:00-08:00"
_PATIENCE_SECONDS = 120


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Installation]:
    """An installation with nothing published."""
    with an_installation(tmp_path) as made:
        made.take_roster()
        yield made


def both(*commands: list[str]) -> tuple[list[int], str]:
    """Run commands as processes of their own, begun together; return exit codes and complaints."""
    base = [sys.executable, "-m", "cli.main", "snapshot"]
    begun = [
        subprocess.Popen([*base, *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for command in commands
    ]
    said = [process.communicate(timeout=_PATIENCE_SECONDS)[1] for process in begun]
    return [process.returncode for process in begun], "\n".join(said)


def attempts(run: Run, home: Installation) -> dict[str, str]:
    """Return each attempt's state."""
    listed = json.loads(run("snapshot", "list", "--json", "--data", home.data).stdout)["attempts"]
    return {each["attempt"]: each["state"] for each in listed}


def test_two_importers_give_one_snapshot(run: Run, fresh: Installation) -> None:
    """Both imports may end checked; of both publications at once one is refused, and one revision stands."""
    place = ["--data", str(fresh.data)]
    importing = ["import", str(fresh.extract), "--as-of", AS_OF, *place]
    exits, said = both(importing, importing)
    assert [0, 0] == exits, said
    checked = attempts(run, fresh)
    assert ["checked", "checked"] == list(checked.values())
    exits, said = both(*(["publish", "--attempt", attempt, *place] for attempt in checked))
    assert [0, 1] == sorted(exits), said
    states = attempts(run, fresh)
    assert ["checked", "published"] == sorted(states.values())
    in_force = [attempt for attempt, state in states.items() if state == "published"]
    shown = json.loads(run("snapshot", "show", *in_force, "--json", "--data", fresh.data).stdout)
    assert (1, 208) == (shown["revision"], shown["rows"])
