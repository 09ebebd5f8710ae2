"""A demo has four people who can sign in, chosen once and kept for the folder's owner."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from cli.desk import CommandError
from cli.furnishing import furnish
from cli.telling import Telling
from identity.people import Person, Role
from runtime.database import reading
from store.people import person_by_username
from tests.cli.conftest import last_entries
from tests.installation import Installation, a_published_installation


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation with a published snapshot where nobody can sign in yet."""
    with a_published_installation(tmp_path_factory.mktemp("furnishing")) as made:
        yield made


@pytest.fixture
def telling() -> Telling:
    """Return a story's telling that nobody hears."""
    return Telling(Console(quiet=True))


def kept_in(home: Installation) -> Path:
    """Return where the sign-ins are kept."""
    return home.data / "demo" / "sign-ins.json"


def person(home: Installation, username: str) -> Person:
    """Return a person."""
    with reading(home.operator.engine) as connection:
        return person_by_username(connection, username)


def forget_and_furnish(home: Installation, telling: Telling, agents: list[str]) -> None:
    """Lose the file and furnish again, until that is an error; note the agents that were enrolled."""
    while True:
        kept_in(home).unlink()
        agents.append(furnish(home.operator, telling)["agent"].username)


def test_manager_is_of_both_agents_agency(home: Installation, telling: Telling) -> None:
    """Two agents with papers in order, the manager of their agency, and a reviewer; each is an entry."""
    made = {part: person(home, sign_in.username) for part, sign_in in furnish(home.operator, telling).items()}
    roles = [Role.AGENT, Role.AGENT, Role.MANAGER, Role.REVIEWER]
    assert roles == [one.role for one in made.values()]
    agencies = {made[part].papers.agency_id for part in ("agent", "other_agent", "manager")}
    assert (1, True) == (len(agencies), "" not in agencies)
    assert 4 == len({one.id for one in made.values()})
    entries = [entry for entry in last_entries(home, 12) if entry.event == "person.enrolled"]
    assert [one.id for one in made.values()] == [entry.resource.id for entry in entries]


def test_second_time_says_the_same(home: Installation, telling: Telling) -> None:
    """Nobody is enrolled twice: what was kept is said again, and no entry is made."""
    first = furnish(home.operator, telling)
    size = home.operator.reader.head().size
    assert first == furnish(home.operator, telling)
    assert size == home.operator.reader.head().size


def test_interrupted_enrolment_goes_on(home: Installation, telling: Telling) -> None:
    """Who is missing in the file is enrolled; the others keep what they have."""
    first = furnish(home.operator, telling)
    kept = json.loads(kept_in(home).read_text())
    del kept["reviewer"]
    kept_in(home).write_text(json.dumps(kept))
    second = furnish(home.operator, telling)
    assert ("reviewer", "reviewer2") == (first["reviewer"].username, second["reviewer"].username)
    assert first["agent"] == second["agent"]


def test_damaged_file_is_told(home: Installation, telling: Telling) -> None:
    """A file that can't be read is named, and nothing is made up."""
    furnish(home.operator, telling)
    whole = kept_in(home).read_text()
    kept_in(home).write_text(whole[:-20])
    with pytest.raises(CommandError, match="is damaged"):
        furnish(home.operator, telling)
    kept_in(home).write_text(whole)


def test_folder_without_anybody_left_is_told(home: Installation, telling: Telling) -> None:
    """Without the file others are enrolled, until nobody is left; then a new folder is asked for."""
    whole = kept_in(home).read_text()
    agents = [furnish(home.operator, telling)["agent"].username]
    with pytest.raises(CommandError, match="choose a new folder"):
        forget_and_furnish(home, telling, agents)
    assert len(agents) == len(set(agents))
    kept_in(home).write_text(whole)
