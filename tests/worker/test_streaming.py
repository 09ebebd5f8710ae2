"""The outgoing stream arrives whole, in order and provable, whatever the other end does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from audit.checkpoint import Head
from audit.entry import Entry
from audit.ocsf import API, AUTHENTICATION, BASE
from audit.proofs import RootBuilder
from audit.stream import read_lines, verify_batch
from audit.tree import EMPTY_ROOT, leaf_hash
from house.anchors import ledger_keys
from house.streaming import STREAM, look_at_stream
from house.wiring import WorkerHouse
from runtime.database import reading, writing
from runtime.settings import SettingsError, WorkerSettings
from store.outposts import note_paused, note_reached, standing_of
from tests.backends import copy_database, put_back
from tests.installation import Installation, an_installation
from tests.listeners import Listener, a_listener
from tests.mail_server import MailServer
from tests.worker.houses import a_worker
from worker.streaming import Streaming
from worker.sweep import Sweep


@dataclass
class Scene:
    """An installation with a stream, and its receiver, who knows what came so far."""

    home: Installation
    settings: WorkerSettings
    listener: Listener
    seconds: int = 0
    builder: RootBuilder = field(default_factory=RootBuilder)
    known: Head = field(default_factory=lambda: Head(0, EMPTY_ROOT))
    read: int = 0

    def house(self, **changed: Any) -> WorkerHouse:
        """Return the worker's house of now."""
        offset = self.settings.clock_offset + self.seconds
        return WorkerHouse(self.settings.model_copy(update={"clock_offset": offset, **changed}))

    def stream(self, *, signs: bool = True, **changed: Any) -> None:
        """Sign the newest head, and drive the stream once."""
        if signs:
            self.home.operator.vault.sign()
        house = self.house(**changed)
        Streaming(house).run()
        house.close()

    def receive(self) -> list[int]:
        """Verify every batch that is new, entry by entry; return how many entries each had."""
        counts = []
        keys = ledger_keys(self.home.operator)
        for data in self.listener.batches[self.read :]:
            batch = read_lines(data)
            self.known = verify_batch(batch, self.known, keys, self.builder)
            counts.append(len(batch.entries))
        self.read = len(self.listener.batches)
        return counts

    def reason(self) -> str | None:
        """Return why the last try failed."""
        with reading(self.home.operator.engine) as connection:
            return standing_of(connection, STREAM).reason


@pytest.fixture
def scene(tmp_path: Path, mail: MailServer) -> Iterator[Scene]:
    """An installation with a receiver on loopback."""
    with a_listener() as listener, an_installation(tmp_path) as home:
        home.take_roster()
        with a_worker(home, mail, stream_to=f'"{listener.url}"') as house:
            yield Scene(home, house.settings, listener)


def test_every_entry_arrives_once_under_proofs(scene: Scene) -> None:
    """Small batches follow each other; the receiver's own root is the ledger's."""
    scene.stream(stream_batch=2)
    counts = scene.receive()
    assert {2} >= set(counts[:-1])
    assert scene.known == scene.home.operator.reader.head()
    scene.home.enrol("0B65625")
    scene.stream()
    assert [scene.home.operator.reader.head().size - sum(counts)] == scene.receive()


def test_silence_is_broken_by_a_heartbeat(scene: Scene) -> None:
    """With nothing new nothing goes out, until an empty batch with the head is due."""
    scene.stream()
    scene.receive()
    scene.stream()
    assert [] == scene.receive()
    scene.seconds = 61
    scene.stream()
    assert [0] == scene.receive()


def test_a_receiver_that_fails_gets_all_of_it_later(scene: Scene) -> None:
    """Nothing is lost or doubled, and each wait is kept."""
    scene.listener.status = 503
    scene.stream()
    scene.stream()
    assert (1, "refused") == (scene.listener.asked, scene.reason())
    scene.listener.status, scene.seconds = 200, 16
    scene.stream()
    assert sum(scene.receive()) == scene.home.operator.reader.head().size
    assert scene.reason() is None


def test_a_batch_that_came_twice_has_the_same_key(scene: Scene) -> None:
    """A crash between receipt and cursor repeats the batch; the index tells."""
    scene.stream()
    with writing(scene.home.operator.engine) as connection:
        connection.exec_driver_sql("DELETE FROM outposts")
    scene.stream()
    keys = [headers["idempotency-key"] for headers in scene.listener.headers]
    assert keys[0] == keys[1]
    assert scene.listener.batches[0] == scene.listener.batches[1]


def test_a_receiver_that_hangs_keeps_nobody_waiting(scene: Scene) -> None:
    """While it hangs, sweeps go on and entries are recorded; the lane is left alone."""
    scene.listener.waits_for = threading.Event()
    scene.home.operator.vault.sign()
    house = scene.house()
    sweep = Sweep(house)
    sweep.run()
    sweep.run()
    scene.home.enrol("0B65625")
    sweep.run()
    assert 1 >= scene.listener.asked
    scene.listener.waits_for.set()
    assert sweep.lanes.wait(60)
    house.close()
    assert scene.receive()


def test_a_paused_stream_waits_and_tells_its_lag(scene: Scene) -> None:
    """Nothing goes out while it is paused; the lag grows, and everything comes afterwards."""
    with writing(scene.home.operator.engine) as connection:
        note_paused(connection, STREAM, paused=True)
    scene.seconds = 3600
    scene.stream()
    house = scene.house()
    with reading(house.engine) as connection:
        look = look_at_stream(connection, house.settings, house.clock.now())
    house.close()
    assert look is not None
    assert [True, True] == [look.is_late, look.lag_seconds >= 3599]
    assert scene.home.operator.reader.head().size == look.waiting
    assert [] == scene.listener.batches
    with writing(scene.home.operator.engine) as connection:
        note_paused(connection, STREAM, paused=False)
    scene.stream()
    assert sum(scene.receive()) == look.waiting


def test_a_ledger_that_was_rolled_back_is_not_sent_on(scene: Scene) -> None:
    """What went out can't be taken back: the stream stops and says why."""
    scene.home.operator.vault.sign()
    early = copy_database(scene.home.operator.engine, scene.home.data)
    scene.home.enrol("0B65625")
    scene.stream()
    with reading(scene.home.operator.engine) as connection:
        standing = standing_of(connection, STREAM)
    assert standing.head is not None
    put_back(scene.home.operator.engine, early)
    with writing(scene.home.operator.engine) as connection:
        note_reached(connection, STREAM, standing.head, scene.home.operator.clock.now())
    scene.stream(signs=False)
    assert "not-extended" == scene.reason()


def test_ocsf_events_hold_the_entries(scene: Scene, tmp_path: Path) -> None:
    """Each event names class, actor and index, and its raw data are the leaf; proofs come first."""
    scene.home.sign_in(scene.home.enrol("0B65625"))
    path = tmp_path / "stream.ocsf"
    scene.stream(stream_to=str(path), stream_form="ocsf")
    events = [json.loads(line) for line in path.read_text().splitlines()]
    proof, rest = events[0], events[1:]
    assert (BASE, 0) == (proof["class_uid"], proof["unmapped"]["first"])
    assert list(range(len(rest))) == [event["metadata"]["sequence"] for event in rest]
    assert {API, AUTHENTICATION} >= {event["class_uid"] for event in rest}
    builder = RootBuilder()
    for event in rest:
        entry = Entry.decode(event["raw_data"].encode())
        assert entry.actor.id == event["actor"]["user"]["uid"]
        builder.add(leaf_hash(event["raw_data"].encode()))
    assert scene.home.operator.reader.head().root == builder.root()


def test_a_sink_that_cant_be_is_a_setting_to_mend(scene: Scene) -> None:
    """An address without TLS is refused before anything goes out."""
    with pytest.raises(SettingsError, match="STREAM_TO"):
        scene.stream(stream_to="http://siem.example/")
