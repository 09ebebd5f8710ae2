"""Services tell when they start and stop, and a command is told of before it does anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.entry import Entry
from audit.events import Event
from house.tale import DIAGNOSES, TELL_THEMSELVES, ServiceTale, tell_command
from house.wiring import House
from policies.gate import UnrecordableError
from tests.backends import refuse_entries, take_entries
from tests.installation import Installation, an_installation


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation with nothing in it."""
    folder: Path = tmp_path_factory.mktemp("tale")
    with an_installation(folder) as made:
        yield made


def entries(house: House) -> list[Entry]:
    """Return the whole ledger."""
    return [Entry.decode(data) for data in house.reader.entries(0, house.reader.head().size)]


def test_a_service_tells_its_start_and_its_end(home: Installation) -> None:
    """Both name the service; the start names the policy set that it decides under."""
    before = len(entries(home.api))
    with ServiceTale(home.api, "api") as tale:
        tale.started()
        tale.again("vault")

    started, stopped = entries(home.api)[before:]
    assert (Event.SERVICE_STARTED, Event.SERVICE_STOPPED) == (started.event, stopped.event)
    assert ("service", "api") == (started.resource.kind, started.resource.id)
    assert home.api.policy.digest == started.policy
    assert None is stopped.policy


def test_what_never_started_never_stopped(home: Installation) -> None:
    """A service that failed before it was up leaves no entry."""
    before = len(entries(home.api))
    with pytest.raises(RuntimeError), ServiceTale(home.api, "api"):
        raise RuntimeError("not up")
    assert before == len(entries(home.api))


def test_a_command_is_told_of_by_its_words(home: Installation) -> None:
    """The entry names the command, its words joined, and none of its arguments."""
    tell_command(home.operator, "people-invitations")

    last = entries(home.operator)[-1]
    assert (Event.COMMAND_ISSUED, "command", "people-invitations") == (
        last.event,
        last.resource.kind,
        last.resource.id,
    )


def test_where_nothing_can_be_recorded_only_diagnoses_work(home: Installation) -> None:
    """With a full disk a command does nothing; those that say what is wrong go on, and services run."""
    refuse_entries(home.operator.engine)
    try:
        with pytest.raises(UnrecordableError):
            tell_command(home.operator, "people-invitations")
        for command in DIAGNOSES:
            tell_command(home.operator, command)
        with ServiceTale(home.operator, "worker") as tale:
            tale.started()
    finally:
        take_entries(home.operator.engine)


def test_a_command_that_tells_itself_is_not_told_of_twice(home: Installation) -> None:
    """What has a decision of its own before it does anything needs no other entry."""
    before = len(entries(home.operator))
    for command in TELL_THEMSELVES:
        tell_command(home.operator, command)
    assert before == len(entries(home.operator))
