"""An installation that an older version made comes up to this one, and goes on."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import text

from audit.entry import Entry
from audit.events import Event
from cli.words import explain
from house.founding import Charter, found_installation
from house.policies import FOLDER
from house.processes import SERVING_LOCK, RunningAlreadyError, holding
from house.wiring import House
from policies.rules import packaged_set
from runtime.database import DatabaseUnfitError, revisions, writing
from runtime.settings import Settings
from tests.cli.conftest import Run
from tests.installation import a_live_installation
from tests.policy_sets import an_older_set

OLDER = "0018"


@pytest.fixture
def older(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return an installation whose database was made when OLDER was the newest shape."""
    upgrade: Any = command.upgrade
    with monkeypatch.context() as patch:
        patch.setattr(command, "upgrade", lambda config, _newest: upgrade(config, OLDER))
        return found_installation(tmp_path / "house", Charter(mode="demo", exchange="Test Exchange"))


def test_an_older_database_is_brought_up(older: Settings, run: Run) -> None:
    """It says from where to where, the ledger tells of it, and what the newer shape holds works."""
    with closing(House(older, "operator")) as house:
        present, newest = revisions(house.engine)
        assert (OLDER, True) == (present, OLDER < str(newest))
        done = run("upgrade", "--data", older.data)
        assert (0, f"the database is brought from shape {OLDER} to {newest}") == (
            done.exit_code,
            done.stdout.splitlines()[0],
        )
        assert (newest, newest) == revisions(house.engine)
        size = house.reader.head().size
        (last,) = [Entry.decode(data) for data in house.reader.entries(size - 1, size)]
        assert (Event.COMMAND_ISSUED, "upgrade") == (last.event, last.resource.id)
    again = run("upgrade", "--data", older.data)
    assert (0, f"the database has this version's shape already: {newest}") == (
        again.exit_code,
        again.stdout.splitlines()[0],
    )
    assert 0 == run("keys", "list", "--data", older.data).exit_code


def test_a_live_house_is_told_to_approve_the_new_set(tmp_path: Path, run: Run) -> None:
    """What people approved for an older version isn't obeyed; the new set is kept and named."""
    new = packaged_set().digest
    with a_live_installation(tmp_path) as (home, _founders):
        home.adopt_policies(an_older_set(home.data))
        shutil.rmtree(home.data / FOLDER / new)
        done = run("upgrade", "--data", home.data)
        assert 0 == done.exit_code
        assert f"approve {new[:16]} in the portal" in done.stdout.replace("\n", " ")
        assert (home.data / FOLDER / new).is_dir()
        home.adopt_policies(new)
        assert "approve" not in run("upgrade", "--data", home.data).stdout


def test_a_newer_database_is_left_alone(older: Settings, run: Run) -> None:
    """A shape that this version doesn't know is named, and nothing is changed."""
    with closing(House(older, "operator")) as house, writing(house.engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    refused = run("upgrade", "--data", older.data)
    assert isinstance(refused.exception, DatabaseUnfitError)
    assert "the database has shape 9999, which this version doesn't know: run the newer one" == explain(
        refused.exception
    )


def test_a_running_house_is_left_alone(older: Settings, run: Run) -> None:
    """While the house serves, nothing is changed under it."""
    with holding(older.data, SERVING_LOCK, wait_seconds=1, message=""):
        refused = run("upgrade", "--data", older.data)
    assert isinstance(refused.exception, RunningAlreadyError)
    with closing(House(older, "operator")) as house:
        assert OLDER == revisions(house.engine)[0]
