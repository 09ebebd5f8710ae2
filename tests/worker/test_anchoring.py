"""Signed heads leave for real anchors, failures are recorded, and the gate halts while one is overdue."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.exc import SQLAlchemyError

from api.health import CHECKS
from audit.anchor import Copy
from audit.entry import Entry
from audit.events import Event
from house.anchoring import look_at_anchors
from house.anchors import ledger_keys, read_back, readable_anchors
from house.wiring import House, WorkerHouse
from identity.people import Role
from policies.gate import HaltedError, RefusedError
from policies.guard import RELEASING
from runtime.database import reading, writing
from runtime.settings import Settings
from store.people import keep_member, keep_password
from tests.backends import copy_database, put_back
from tests.buckets import BucketServer, a_bucket_server
from tests.installation import Installation, an_installation
from tests.mail_server import MailServer
from tests.worker.houses import a_worker
from worker.anchoring import Anchoring
from worker.sweep import Sweep

HOUR = 3600
OWN = {Event.HEAD_ANCHORED, Event.ANCHOR_FAILED}


@dataclass
class Scene:
    """An installation whose time a test moves, with a folder and a bucket as anchors."""

    home: Installation
    settings: Settings
    folder: Path
    seconds: int = 0

    def worker(self, **changed: object) -> WorkerHouse:
        """Return the worker's house of now, with the newest head signed."""
        self.home.operator.vault.sign()
        return WorkerHouse(self._settings(changed))  # type: ignore[arg-type]  # they are the worker's

    def api(self, **changed: object) -> House:
        """Return the API's house of now."""
        return House(self._settings(changed), "api")

    def anchor(self, **changed: object) -> None:
        """Serve the anchors once."""
        house = self.worker(**changed)
        Anchoring(house).run()
        house.close()

    def told(self) -> list[tuple[Event, str, str | None]]:
        """Return event, anchor and reason of every entry that tells of anchoring."""
        reader = self.home.operator.reader
        entries = [Entry.decode(data) for data in reader.entries(0, reader.head().size)]
        return [(each.event, each.resource.id, each.reason) for each in entries if each.event in OWN]

    def overdue(self) -> list[str]:
        """Return the overdue anchors' names."""
        house = self.api()
        with reading(house.engine) as connection:
            looks = look_at_anchors(connection, house.settings, house.clock.now())
        house.close()
        return [look.post.name for look in looks if look.is_overdue]

    def _settings(self, changed: dict[str, object]) -> Settings:
        offset = self.settings.clock_offset + self.seconds
        return self.settings.model_copy(update={"clock_offset": offset, **changed})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BucketServer]:
    """A bucket server for every test of this file."""
    with a_bucket_server(tmp_path_factory.mktemp("bucket")) as running:
        yield running


@pytest.fixture
def scene(tmp_path: Path, mail: MailServer, server: BucketServer) -> Iterator[Scene]:
    """An installation with anchors, and a bucket without copies of an earlier one."""
    bucket = f"b{abs(hash(tmp_path.name))}"
    server.client.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    folder = tmp_path / "anchor"
    folder.mkdir()
    anchors = {
        "anchor_folder": f'"{folder}"',
        "anchor_bucket": f'"{bucket}"',
        "anchor_bucket_url": f'"{server.url}"',
        "anchor_bucket_key_file": f'"{server.key_file}"',
        "anchor_overdue": '"stop"',
    }
    with an_installation(tmp_path) as home:
        home.take_roster()
        with a_worker(home, mail, **anchors) as house:
            yield Scene(home, house.settings, folder)


def copies_in(scene: Scene) -> list[Copy]:
    """Return the newest copy of each anchor, once the ledger was shown to extend it."""
    house = scene.api()
    anchors, keys = readable_anchors(house.settings), ledger_keys(house)
    found = [read_back(house.reader, anchor, 0, keys) for anchor in anchors]
    house.close()
    return [copy for copy in found if copy is not None]


def test_the_signed_head_stands_in_each_anchor(scene: Scene) -> None:
    """Folder and bucket hold the checkpoint that the vault signed, and entries say which."""
    scene.anchor()
    head = ledger_keys(scene.home.operator).read_checkpoint(copies_in(scene)[0].note)[1]
    assert 2 == len(copies_in(scene))
    assert {head.size} == {copy.size for copy in copies_in(scene)}
    assert [(Event.HEAD_ANCHORED, "folder", None), (Event.HEAD_ANCHORED, "bucket", None)] == scene.told()
    anchored = Entry.decode(next(iter(scene.home.operator.reader.entries(head.size, head.size + 1)))).head
    assert anchored is not None
    assert (head.size, head.root.hex()) == (anchored.size, anchored.root)


def test_anchoring_asks_for_no_anchoring(scene: Scene) -> None:
    """Nothing more leaves while only copies were recorded, until a day is over."""
    scene.anchor()
    for hours in (0, 2, 23):
        scene.seconds = hours * HOUR
        scene.anchor()
        assert 2 == len(scene.told())
    scene.seconds = 25 * HOUR
    scene.anchor()
    assert 4 == len(scene.told())


def test_a_publication_leaves_at_once(scene: Scene) -> None:
    """The next round after a snapshot was published brings its head outside."""
    scene.anchor()
    before = copies_in(scene)[0].size
    scene.home.publish(scene.home.extract)
    scene.seconds = 60
    scene.anchor()
    assert [True, True] == [copy.size > before for copy in copies_in(scene)]


def test_reviewers_get_the_head_by_mail_once_a_day(scene: Scene, mail: MailServer) -> None:
    """Mail is an anchor too: nobody to send to is a failure, and then one mail a day is enough."""
    scene.anchor(anchor_mail=True)
    assert ("mail", "nobody") in {(anchor, reason) for _event, anchor, reason in scene.told()}
    now = scene.home.operator.clock.now()
    with writing(scene.home.operator.engine) as connection:
        reviewer = keep_member(connection, Role.REVIEWER, "rita", "Rita Review", "rita@exchange.example", now)
        keep_password(connection, reviewer, "a-hash")
    for hours in (1, 2, 20):
        scene.seconds = hours * HOUR
        scene.home.take_roster()
        scene.anchor(anchor_mail=True)
    assert ["rita@exchange.example"] == mail.recipients
    scene.seconds = 26 * HOUR
    scene.anchor(anchor_mail=True)
    assert 2 == len(mail.mails)
    assert not any(b"Rita" in each for each in mail.mails)


def test_a_broken_anchor_is_told_once_and_heals(scene: Scene) -> None:
    """A folder that is gone is one entry however often it is tried; put back, the next copy is laid."""
    shutil.rmtree(scene.folder)
    scene.anchor()
    for seconds in (60, 120, 600):
        scene.seconds = seconds
        scene.anchor()
    assert 1 == scene.told().count((Event.ANCHOR_FAILED, "folder", "missing"))
    scene.folder.mkdir()
    scene.seconds = 1800
    scene.anchor()
    assert (Event.HEAD_ANCHORED, "folder", None) == scene.told()[-1]


def test_copies_that_are_gone_are_told_and_laid_anew(scene: Scene) -> None:
    """Whoever empties the folder is found at the next copy."""
    scene.anchor()
    for path in scene.folder.iterdir():
        path.unlink()
    scene.seconds = 25 * HOUR
    scene.anchor()
    assert scene.told().count((Event.ANCHOR_FAILED, "folder", "lost")) == 1
    assert 1 == len(list(scene.folder.iterdir()))
    assert (Event.ANCHOR_FAILED, "bucket", "lost") not in scene.told()


def test_an_overdue_anchor_halts_what_releases_and_nothing_else(scene: Scene, server: BucketServer) -> None:
    """With the bucket's server stopped access ends after the limit, and goes on once it is back."""
    agent = scene.home.sign_in(scene.home.enrol("0B65625"))
    scene.anchor()
    assert scene.home.ask(agent)
    server.stop()
    try:
        scene.seconds = 4 * HOUR
        scene.anchor()
        api = scene.api()
        assert not CHECKS["anchor"](api)
        assert ["bucket"] == scene.overdue()
        with pytest.raises(HaltedError, match="bucket"):
            Installation.ask(Halted(scene.home, api), agent)  # type: ignore[arg-type]  # it has what `ask` uses
        assert CHECKS["ledger"](api)
        assert CHECKS["anchor"](scene.api(anchor_overdue="warn"))
        api.close()
        assert (Event.ANCHOR_FAILED, "bucket", "overdue") in scene.told()
    finally:
        server.start()
    scene.seconds += 700
    scene.anchor()
    assert [] == scene.overdue()
    api = scene.api()
    assert CHECKS["anchor"](api)
    with pytest.raises(RefusedError):  # decided again; the session ended over the hours
        Installation.ask(Halted(scene.home, api), agent)  # type: ignore[arg-type]  # as above
    api.close()


@dataclass
class Halted:
    """An installation as `ask` sees it, with another API's house."""

    home: Installation
    api: House


def test_a_rolled_back_ledger_is_not_anchored_over(scene: Scene) -> None:
    """A ledger that ends before the newest copy is found, and no copy of it is laid."""
    scene.home.operator.vault.sign()
    early = copy_database(scene.home.operator.engine, scene.home.data)
    scene.home.enrol("0B65625")
    scene.anchor()
    laid = list(scene.folder.iterdir())
    put_back(scene.home.operator.engine, early)
    scene.seconds = 2 * HOUR
    house = WorkerHouse(scene._settings({}))  # type: ignore[arg-type]  # the worker's
    Anchoring(house).run()
    house.close()
    failed = [(anchor, reason) for event, anchor, reason in scene.told() if event is Event.ANCHOR_FAILED]
    assert {("folder", "not-extended"), ("bucket", "not-extended")} == set(failed)
    assert laid == list(scene.folder.iterdir())


def test_the_sweep_starts_the_lane_and_does_not_wait(scene: Scene) -> None:
    """One round of the sweep signs, and the anchors are served beside it."""
    house = scene.worker()
    sweep = Sweep(house)
    sweep.run()
    assert sweep.lanes.wait(60)
    house.close()
    assert 2 == len(copies_in(scene))


def test_a_broken_step_of_the_sweep_keeps_no_head_inside(scene: Scene) -> None:
    """Whatever else of the house can't be repaired, the head is signed and leaves."""
    with writing(scene.home.operator.engine) as connection:
        connection.exec_driver_sql("DROP TABLE oversight_notices")
    house = scene.worker()
    sweep = Sweep(house)
    with pytest.raises(SQLAlchemyError):
        sweep.run()
    assert sweep.lanes.wait(60)
    house.close()
    assert 2 == len(copies_in(scene))


def test_what_releases_is_what_shows_data() -> None:
    """Each halted action is one of the gate's; signing in, reading the ledger and ending aren't."""
    assert {"SignIn", "ReadLedger", "RevokeExport", "DestroyObject"}.isdisjoint(RELEASING)
