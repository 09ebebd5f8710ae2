"""A person's word that ended delegations stand: two are present, and the next data show them again."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from audit.entry import Entry
from audit.events import Event, Outcome
from house.confirming import (
    Confirmable,
    ConfirmationError,
    confirm_delegations,
    find_confirmable,
    present_to_confirm,
)
from house.delegations import end_delegations
from house.doctor.delegations import check_delegations
from house.doctor.findings import Verdict
from house.presence import PresenceError, two_present
from house.reconciling import reconcile
from house.wiring import House
from runtime.clock import rfc3339
from runtime.database import reading, writing
from snapshot.calendar import next_cutoff
from snapshot.ended import ended_in, in_order
from snapshot.feed import EndedLine
from snapshot.tables import delegation_ends
from store.people import keep_password
from tests.installation import AS_OF, CHEAP_HASHER, CONSOLE_WHO, Installation, a_live_installation

AGENT, OTHER = "0B65625", "0G96486"
BEFORE = AS_OF - timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A live installation with a snapshot, and the user names of two people, who are their passwords."""

    home: Installation
    names: list[str]

    @property
    def console(self) -> House:
        """The operator's house."""
        return self.home.operator

    def attend(self, agent: str) -> None:
        """Have both people be present at the confirmation of an agent's delegations."""
        two_present(self.console, self.names, lambda person: person.username, present_to_confirm(agent))

    def end(self, agent: str, place: int, minutes: int = 0) -> None:
        """End the delegation of an agent's consumer by a feed of one line."""
        with self.home.extract.open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["delegation_status"] == "active"]
        mine = dict.fromkeys(row["consumer_id"] for row in rows if row["agent_license_number"] == agent)
        moment = BEFORE + timedelta(minutes=minutes)
        line = EndedLine(agent=agent, consumer=list(mine)[place], ended_at=moment)
        digest = hashlib.sha256(f"{line.consumer} {moment}".encode()).hexdigest()
        end_delegations(self.console, CONSOLE_WHO, [line], digest)

    def told(self) -> list[Entry]:
        """Return all entries."""
        reader = self.console.reader
        return [Entry.decode(data) for data in reader.entries(0, reader.head().size)]

    def withheld(self, agent: str) -> tuple[int, int]:
        """Return how many the data in force withhold, and how many those of the next cut-off will."""
        after = rfc3339(next_cutoff(self.console.clock.now()))
        with reading(self.console.engine) as connection:
            now = in_order(connection, agent, rfc3339(AS_OF), 1)
            return len(now), len(ended_in(connection, agent, after, 1, among=now))


@pytest.fixture
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A live installation with a published snapshot, and two founding people who have passwords."""
    with a_live_installation(tmp_path_factory.mktemp("confirming")) as (home, invited):
        home.adopt_policies()
        people = [one.person for one in invited.values()]
        with writing(home.operator.engine) as connection:
            for person in people:
                keep_password(connection, person.id, CHEAP_HASHER.hash(person.username))
        home.publish(home.extract)
        yield Scene(home=home, names=[person.username for person in people])


def test_what_two_people_confirm_is_in_the_books_from_the_next_data_on(scene: Scene) -> None:
    """The data in force withhold as before; permit and entry name agent and moment; the doctor is content."""
    scene.end(AGENT, 0)
    scene.end(AGENT, 1)
    scene.end(OTHER, 0)
    told = find_confirmable(scene.console, AGENT)
    friday = next_cutoff(scene.console.clock.now())
    assert Confirmable(agent=AGENT, consumers=2, as_of=AS_OF, stands_from=friday) == told
    assert "delegations confirm" in check_delegations(scene.console).advice
    scene.attend(AGENT)
    confirm_delegations(scene.console, CONSOLE_WHO, told)

    assert (2, 0) == scene.withheld(AGENT)
    assert (1, 1) == scene.withheld(OTHER)
    *_, permit, done = entries = scene.told()
    assert (Event.DELEGATION_REQUESTED, Outcome.PERMIT) == (permit.event, permit.outcome)
    assert (Event.DELEGATION_CONFIRMED, AGENT, permit.resource) == (done.event, done.agent, done.resource)
    assert (len(entries) - 2, "confirmation") == (done.because, done.resource.kind)
    assert done.resource.id.startswith(f"{AGENT}:")
    assert done.consumers is not None
    assert (2, 0) == (done.consumers.count, done.consumers.withheld)
    finding = check_delegations(scene.console)
    assert (Verdict.WARN, f"of {OTHER}") == (finding.verdict, finding.said[-len(f"of {OTHER}") :])


def test_what_is_confirmed_is_no_finding_and_what_ends_anew_is_one(scene: Scene) -> None:
    """All is well until a feed ends the same pair at another moment."""
    scene.end(AGENT, 0)
    scene.attend(AGENT)
    confirm_delegations(scene.console, CONSOLE_WHO, find_confirmable(scene.console, AGENT))
    finding = check_delegations(scene.console)
    assert (Verdict.OK, "1 consumers are confirmed") == (finding.verdict, finding.said[:25])
    scene.end(AGENT, 0)
    assert (1, 0) == scene.withheld(AGENT)
    scene.end(AGENT, 0, minutes=1)
    assert (1, 1) == scene.withheld(AGENT)
    assert Verdict.WARN is check_delegations(scene.console).verdict


def test_without_two_people_present_nothing_happens(scene: Scene) -> None:
    """Nobody, one alone, two at another agent's confirmation: no permit, no row, no entry."""
    scene.end(AGENT, 0)
    told = find_confirmable(scene.console, AGENT)
    scene.attend(OTHER)
    with pytest.raises(PresenceError):
        two_present(scene.console, scene.names, lambda person: "wrong", present_to_confirm(AGENT))  # noqa: ARG005
    size = len(scene.told())
    with pytest.raises(PresenceError):
        confirm_delegations(scene.console, CONSOLE_WHO, told)
    assert size == len(scene.told())
    assert (1, 1) == scene.withheld(AGENT)


def test_what_was_told_is_what_is_confirmed(scene: Scene) -> None:
    """A feed between the telling and the doing stops it, as does having nothing to confirm."""
    scene.end(AGENT, 0)
    told = find_confirmable(scene.console, AGENT)
    scene.end(AGENT, 1)
    scene.attend(AGENT)
    with pytest.raises(ConfirmationError):
        confirm_delegations(scene.console, CONSOLE_WHO, told)
    assert (2, 2) == scene.withheld(AGENT)
    confirm_delegations(scene.console, CONSOLE_WHO, find_confirmable(scene.console, AGENT))
    for again in (told, find_confirmable(scene.console, AGENT), replace(told, consumers=0)):
        with pytest.raises(ConfirmationError):
            confirm_delegations(scene.console, CONSOLE_WHO, again)
    assert [Event.DELEGATION_CONFIRMED] == [
        entry.event for entry in scene.told() if entry.event is Event.DELEGATION_CONFIRMED
    ]


def test_the_rows_are_held_against_the_entry(scene: Scene) -> None:
    """Two confirmations fit; a row that somebody settles or unsettles is found by its entry."""
    for place in (0, 1):
        scene.end(AGENT, place)
        scene.attend(AGENT)
        confirm_delegations(scene.console, CONSOLE_WHO, find_confirmable(scene.console, AGENT))
    with reading(scene.console.engine) as connection:
        sound = reconcile(connection)
    assert (2, 2, ()) == (sound.confirmations, sound.feeds, sound.differences)
    entries = list(enumerate(scene.told()))
    feeds = [place for place, entry in entries if entry.event is Event.DELEGATION_ENDED]
    words = [place for place, entry in entries if entry.event is Event.DELEGATION_CONFIRMED]
    assert words == _differing(scene, settled_at=None)
    assert [*feeds, *words] == _differing(scene, settled_at=rfc3339(AS_OF))


def _differing(scene: Scene, **values: str | None) -> list[int]:
    with writing(scene.console.engine) as connection:
        connection.execute(delegation_ends.update().values(**values))
    with reading(scene.console.engine) as connection:
        return [one.index for one in reconcile(connection).differences]
