"""Legal holds: placed and let go by two people, kept beyond their snapshot, and gone in the end."""

from __future__ import annotations

import base64
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pytest
from sqlalchemy import update

from audit.entry import Entry
from audit.events import Event
from house.doctor.findings import Verdict
from house.doctor.holds import check_holds
from house.holds import (
    MOST_AT_ONCE,
    HoldError,
    find_held,
    place_hold,
    present_to_hold,
    present_to_release,
    release_hold,
)
from house.overview import read_overview
from house.presence import two_present
from house.wiring import House, WorkerHouse
from policies.gate import RefusedError
from runtime.clock import rfc3339
from runtime.database import reading, writing
from snapshot.holds import HoldReason, HoldState, held_name, list_holds, note_placing
from snapshot.published import SnapshotNotFoundError, newest_published
from snapshot.tables import State, snapshot_holds
from store.people import keep_password
from tests.installation import AS_OF, CHEAP_HASHER, CONSOLE_WHO, Installation, a_live_installation
from tests.mail_server import a_mail_server
from tests.worker.houses import a_worker
from tests.worker.test_outliving import has_key, make_older, state_of
from vault.errors import VaultError
from worker.sweep import Sweep

AGENT, OTHER = "0B65625", "0G96486"
AHEAD = date(2099, 1, 1)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """An installation, its worker's house, and the user names of two people, who are their passwords."""

    home: Installation
    worker: WorkerHouse
    names: list[str]

    @property
    def console(self) -> House:
        """The operator's house."""
        return self.home.operator

    def attend(self, command: str) -> None:
        """Have both people be present."""
        two_present(self.console, self.names, lambda person: person.username, command)

    def hold(self, attempt: str, *agents: str, review: date = AHEAD) -> None:
        """Hold agents' rows of a snapshot, both being present."""
        self.attend(present_to_hold(attempt))
        place_hold(self.console, CONSOLE_WHO, attempt, agents, HoldReason.COURT, review)

    def release(self, attempt: str) -> list[str]:
        """Let go what is held of a snapshot, both being present."""
        self.attend(present_to_release(attempt))
        return release_hold(self.console, CONSOLE_WHO, attempt)

    def states(self, attempt: str) -> list[HoldState]:
        """Return how a snapshot's holds stand."""
        with reading(self.console.engine) as connection:
            return [hold.state for hold in list_holds(connection, attempt=attempt)]

    def told(self, attempt: str, *events: Event) -> list[Entry]:
        """Return an attempt's entries of some events."""
        reader = self.console.reader
        found = (Entry.decode(data) for data in reader.entries(0, reader.head().size))
        return [entry for entry in found if entry.resource.id == attempt and entry.event in events]

    def holds_key(self, attempt: str, agent: str) -> bool:
        """Tell from a copy of the vault's store whether it holds a held shard's key."""
        with tempfile.TemporaryDirectory() as folder:
            for path in self.home.settings.vault_home.glob("vault.db*"):
                shutil.copy(path, folder)
            store = sqlite3.connect(Path(folder) / "vault.db")
            name = f"hold:{attempt}:{agent}"
            try:
                row = store.execute("SELECT secret FROM secrets WHERE name = ?", (name,)).fetchone()
            finally:
                store.close()
        return row is not None and row[0] is not None


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A live installation with a published snapshot, and two founding people who have passwords."""
    with (
        a_mail_server(tmp_path_factory.mktemp("mail")) as mail,
        a_live_installation(tmp_path_factory.mktemp("holds")) as (home, invited),
    ):
        home.adopt_policies()
        people = [one.person for one in invited.values()]
        with writing(home.operator.engine) as connection:
            for person in people:
                keep_password(connection, person.id, CHEAP_HASHER.hash(person.username))
        home.publish(home.extract)
        with a_worker(home, mail) as worker:
            yield Scene(home=home, worker=worker, names=[person.username for person in people])


@pytest.fixture
def attempt(scene: Scene) -> str:
    """A published snapshot that another one of the same Friday has followed."""
    with reading(scene.console.engine) as connection:
        found = newest_published(connection)
    assert found is not None
    scene.home.publish(scene.home.extract)
    return found.attempt


def test_what_is_held_outlives_the_snapshot_and_nothing_else_does(scene: Scene, attempt: str) -> None:
    """After the snapshot's weeks the held shard and its key remain; the other agents' are gone."""
    scene.hold(attempt, AGENT)
    make_older(scene.home, attempt)
    Sweep(scene.worker).run()

    assert State.DESTROYED is state_of(scene.home, attempt)
    assert not has_key(scene.home, attempt)
    assert [True, False] == [scene.holds_key(attempt, agent) for agent in (AGENT, OTHER)]
    assert [held_name(attempt, AGENT)] == scene.worker.objects.names(f"held/{attempt}")
    (placed,) = scene.told(attempt, Event.HOLD_PLACED)
    assert ((f"hold:{attempt}:{AGENT}",), "court-order") == (placed.objects, placed.reason)


def test_what_is_held_is_held_on_after_its_snapshot_is_gone(scene: Scene, attempt: str) -> None:
    """What is held takes a later date of review, recorded again; whose rows aren't can't be held then."""
    scene.hold(attempt, AGENT)
    make_older(scene.home, attempt)
    Sweep(scene.worker).run()
    scene.hold(attempt, AGENT, review=date(2099, 7, 1))
    with pytest.raises(RefusedError, match="R33"):
        scene.hold(attempt, AGENT, OTHER)

    with reading(scene.console.engine) as connection:
        (hold,) = list_holds(connection, attempt=attempt)
    assert (HoldState.HELD, date(2099, 7, 1)) == (hold.state, hold.review_on)
    assert 2 == len(scene.told(attempt, Event.HOLD_PLACED))
    assert scene.holds_key(attempt, AGENT)


def test_a_held_object_says_what_it_is_and_is_the_shard_as_it_lay(scene: Scene, attempt: str) -> None:
    """Its first line names snapshot, agent, place, rows, digest and schema; the rest is the ciphertext."""
    scene.hold(attempt, AGENT)
    data = scene.worker.objects.read(held_name(attempt, AGENT))
    line, sealed = data.split(b"\n", 1)
    header = json.loads(line)
    schema = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(header.pop("schema"))))

    assert sha256(sealed).hexdigest() == header.pop("sha256")
    assert sealed in scene.worker.objects.read(f"snapshots/{attempt}/shards")
    assert "_consumer" in schema.names
    assert {"v", "attempt", "agent", "position", "rows"} == header.keys()
    assert (1, attempt, AGENT) == (header["v"], header["attempt"], header["agent"])


def test_what_is_let_go_is_destroyed_for_good(scene: Scene, attempt: str) -> None:
    """The key goes with a record, the bytes are deleted, and it can't be held again."""
    scene.hold(attempt, AGENT, OTHER)
    assert [AGENT, OTHER] == scene.release(attempt)
    Sweep(scene.worker).run()
    Sweep(scene.worker).run()

    assert [HoldState.RELEASED] * 2 == scene.states(attempt)
    assert not scene.holds_key(attempt, AGENT)
    assert [] == scene.worker.objects.names(f"held/{attempt}")
    (released,) = scene.told(attempt, Event.HOLD_RELEASED)
    assert 2 == len(released.objects or ())
    destroyed = scene.told(attempt, Event.OBJECT_DESTROYED)
    assert set(released.objects or ()) == {name for one in destroyed for name in one.objects or ()}
    record = scene.worker.objects.read(f"destroyed/{destroyed[0].destroyed}").decode()
    assert f"object hold:{attempt}:" in record
    with pytest.raises(RefusedError, match="R33"):
        scene.hold(attempt, AGENT)
    with pytest.raises(RefusedError, match="R33"):
        scene.release(attempt)


def test_without_two_people_present_nothing_is_held_or_let_go(scene: Scene, attempt: str) -> None:
    """Who attended another snapshot's hold isn't present at this one's, nor at its release."""
    scene.attend(present_to_hold(in_force(scene)))
    with pytest.raises(RefusedError, match="R33"):
        place_hold(scene.console, CONSOLE_WHO, attempt, [AGENT], HoldReason.COURT, AHEAD)
    nothing = scene.states(attempt)
    scene.hold(attempt, AGENT)
    with pytest.raises(RefusedError, match="R33"):
        release_hold(scene.console, CONSOLE_WHO, attempt)

    assert ([], [HoldState.HELD]) == (nothing, scene.states(attempt))


def test_what_cannot_be_held_is_refused(scene: Scene, attempt: str) -> None:
    """Nobody's rows, more than an entry names, a stranger's, a review that was, a destroyed snapshot's."""
    for agents in ((), tuple(f"0X{number:05}" for number in range(MOST_AT_ONCE + 1))):
        with pytest.raises(HoldError):
            scene.hold(attempt, *agents)
    with pytest.raises(RefusedError, match="R33"):
        scene.hold(attempt, AGENT, "0X00000")
    with pytest.raises(RefusedError, match="R33"):
        scene.hold(attempt, AGENT, review=date(2026, 11, 1))
    with pytest.raises(SnapshotNotFoundError):
        find_held(scene.console, "unknown")
    make_older(scene.home, attempt)
    Sweep(scene.worker).run()
    with pytest.raises(RefusedError, match="R33"):
        scene.hold(attempt, AGENT)

    assert [] == scene.states(attempt)
    for cutoff in (rfc3339(AS_OF), "2026-11-20T21:00:00-08:00"):
        assert in_force(scene) == find_held(scene.console, cutoff)


def test_a_hold_that_died_keeps_its_snapshot_whole_until_it_is_finished(scene: Scene, attempt: str) -> None:
    """Without the vault the hold is begun only; the same command finishes it, and then the rest goes."""
    scene.attend(present_to_hold(attempt))
    scene.home.stop_vault()
    with pytest.raises(VaultError):
        place_hold(scene.console, CONSOLE_WHO, attempt, [AGENT], HoldReason.COURT, AHEAD)
    scene.home.start_vault()
    make_older(scene.home, attempt)
    Sweep(scene.worker).run()
    between = state_of(scene.home, attempt), scene.states(attempt), check_holds(scene.console)
    scene.hold(attempt, AGENT)
    Sweep(scene.worker).run()

    assert (State.PUBLISHED, [HoldState.PLACING]) == between[:2]
    assert (Verdict.WARN, True) == (between[2].verdict, "begun and not placed" in between[2].said)
    assert (State.DESTROYED, [HoldState.HELD]) == (state_of(scene.home, attempt), scene.states(attempt))
    assert scene.holds_key(attempt, AGENT)


def test_a_hold_that_died_after_the_vault_is_finished_by_the_same_command(
    scene: Scene, attempt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Key kept, nothing copied, nothing recorded: asked again, it is whole and recorded once."""
    console = scene.console
    scene.attend(present_to_hold(attempt))
    with monkeypatch.context() as broken:
        broken.setattr(type(console.objects), "put", _no_room)
        with pytest.raises(OSError, match="no room"):
            place_hold(console, CONSOLE_WHO, attempt, [AGENT], HoldReason.COURT, AHEAD)
    between = scene.holds_key(attempt, AGENT), scene.worker.objects.names(f"held/{attempt}")
    scene.hold(attempt, AGENT)

    assert (True, []) == between
    assert [held_name(attempt, AGENT)] == scene.worker.objects.names(f"held/{attempt}")
    assert 1 == len(scene.told(attempt, Event.HOLD_PLACED))


def _no_room(*_args: object) -> None:
    raise OSError("no room")


def test_a_hold_that_is_let_go_half_placed_leaves_nothing(scene: Scene, attempt: str) -> None:
    """What was begun can be let go too; its name is taken for good."""
    with writing(scene.console.engine) as connection:
        note_placing(connection, attempt, AGENT, HoldReason.REGULATOR, AHEAD, rfc3339(AS_OF))
    scene.release(attempt)
    Sweep(scene.worker).run()

    assert ([HoldState.RELEASED], []) == (
        scene.states(attempt),
        scene.worker.objects.names(f"held/{attempt}"),
    )


def test_an_overdue_review_is_found(scene: Scene, attempt: str) -> None:
    """`doctor` names it and the metric counts it, until a hold with a later review is asked for."""
    scene.hold(attempt, AGENT)
    with writing(scene.console.engine) as connection:
        mine = snapshot_holds.c.attempt == attempt
        connection.execute(update(snapshot_holds).where(mine).values(review_on="2026-11-20"))
    overdue = check_holds(scene.console), read_overview(scene.console).holds_overdue
    scene.hold(attempt, AGENT)
    renewed = check_holds(scene.console), read_overview(scene.console).holds_overdue

    assert (Verdict.WARN, True, 1) == (
        overdue[0].verdict,
        f"{AGENT} of {attempt}" in overdue[0].said,
        overdue[1],
    )
    assert (Verdict.OK, 0) == (renewed[0].verdict, renewed[1])


def in_force(scene: Scene) -> str:
    """Return the attempt in force."""
    with reading(scene.console.engine) as connection:
        found = newest_published(connection)
    assert found is not None
    return found.attempt
