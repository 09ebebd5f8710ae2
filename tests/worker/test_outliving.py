"""Published snapshots whose weeks are over: what is destroyed, what stays known, whatever crashes between."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import select, update

from audit.entry import Entry, Resource
from audit.events import Event
from exports.errors import WrongStateError
from exports.states import State as Export
from house.doctor.destruction import check_destruction
from house.doctor.findings import Verdict
from house.wiring import WorkerHouse
from policies.actions import Action
from policies.gate import Ask, RefusedError
from policies.grant import Grant
from runtime.clock import rfc3339
from runtime.database import reading, writing
from snapshot.delegations import pseudonyms_at
from snapshot.index import object_names
from snapshot.published import PublishedSnapshot, list_snapshots, newest_published, published_snapshot
from snapshot.shards import ShardError, open_rows
from snapshot.tables import State, snapshots
from tests.installation import AS_OF, Installation, a_published_installation
from tests.mail_server import a_mail_server
from tests.snapshot.fakes import PartKeys
from tests.worker.houses import a_worker, the_export
from worker.destroying import destroy
from worker.pipeline import Pipeline
from worker.service import SERVICE
from worker.sweep import Sweep

AGENT = "0B65625"
NINE_WEEKS = timedelta(weeks=9)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation with its roster, for every test of this file."""
    with a_published_installation(tmp_path_factory.mktemp("outliving")) as made:
        yield made


@pytest.fixture(scope="module")
def house(home: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerHouse]:
    """The worker's house."""
    with a_mail_server(tmp_path_factory.mktemp("mail")) as mail, a_worker(home, mail) as opened:
        yield opened


@pytest.fixture
def overtaken(home: Installation) -> PublishedSnapshot:
    """A published snapshot that another one of the same Friday has followed."""
    found = in_force(home)
    home.publish(home.extract)
    return found


def in_force(home: Installation) -> PublishedSnapshot:
    """Return the snapshot in force."""
    with reading(home.api.engine) as connection:
        found = newest_published(connection)
    assert found is not None
    return found


def make_older(home: Installation, attempt: str, age: timedelta = NINE_WEEKS) -> None:
    """Let a snapshot's cut-off, and the time when another followed it, lie that much earlier."""
    with writing(home.api.engine) as connection:
        mine = snapshots.c.attempt == attempt
        # As one week has one line per revision, so each gets a second of its own.
        place = connection.execute(select(snapshots.c.revision).where(mine)).scalar_one()
        as_of = rfc3339(AS_OF - age + timedelta(seconds=place))
        connection.execute(update(snapshots).where(mine).values(as_of=as_of))
        left_at = rfc3339(home.api.clock.now() - timedelta(hours=2))
        connection.execute(update(snapshots).where(~mine).values(published_at=left_at))


def state_of(home: Installation, attempt: str) -> State:
    """Return how an attempt stands."""
    with reading(home.api.engine) as connection:
        return next(line.state for line in list_snapshots(connection) if line.attempt == attempt)


def has_key(home: Installation, attempt: str) -> bool:
    """Tell from a copy of the vault's store whether it holds a snapshot's key."""
    with tempfile.TemporaryDirectory() as folder:
        for path in home.settings.vault_home.glob("vault.db*"):
            shutil.copy(path, folder)
        store = sqlite3.connect(Path(folder) / "vault.db")
        try:
            row = store.execute("SELECT secret FROM secrets WHERE name = ?", (f"snapshot:{attempt}",))
            (secret,) = row.fetchone()
        finally:
            store.close()
    return secret is not None


def entries(home: Installation, attempt: str) -> list[Entry]:
    """Return the entries about an attempt's destruction."""
    reader = home.api.reader
    found = (Entry.decode(data) for data in reader.entries(0, reader.head().size))
    wanted = {Event.DESTRUCTION_REQUESTED, Event.OBJECT_DESTROYED}
    return [each for each in found if each.resource.id == attempt and each.event in wanted]


def test_a_snapshot_whose_weeks_are_over_is_destroyed(
    home: Installation, house: WorkerHouse, overtaken: PublishedSnapshot
) -> None:
    """Key and objects are gone under a permit, a signed record is kept, and a second sweep adds nothing."""
    make_older(home, overtaken.attempt)
    Sweep(house).run()
    first = entries(home, overtaken.attempt)
    Sweep(house).run()

    assert State.DESTROYED is state_of(home, overtaken.attempt)
    assert not has_key(home, overtaken.attempt)
    assert [] == house.objects.names(f"snapshots/{overtaken.attempt}")
    assert [Event.DESTRUCTION_REQUESTED, Event.OBJECT_DESTROYED] == [each.event for each in first]
    assert first == entries(home, overtaken.attempt)
    assert (f"snapshot:{overtaken.attempt}",) == first[-1].objects
    record = house.objects.read(f"destroyed/{first[-1].destroyed}").decode()
    assert f"object snapshot:{overtaken.attempt}\n" in record


def test_what_is_known_of_a_destroyed_snapshot_stays(
    home: Installation, house: WorkerHouse, overtaken: PublishedSnapshot
) -> None:
    """Digest, counts and who held whose data stay; its rows say that they are gone for good."""
    make_older(home, overtaken.attempt)
    with reading(home.api.engine) as connection:
        stood = published_snapshot(connection, overtaken.ref.digest)
        held = pseudonyms_at(connection, AGENT, stood.ref.as_of, stood.ref.revision)
    Sweep(house).run()

    with reading(home.api.engine) as connection:
        stands = published_snapshot(connection, overtaken.ref.digest)
        line = next(each for each in list_snapshots(connection) if each.attempt == overtaken.attempt)
        assert held == pseudonyms_at(connection, AGENT, stood.ref.as_of, stood.ref.revision) != set()
    assert replace(stood, is_destroyed=True) == stands
    assert (stood.rows, stood.agents, True) == (line.rows, line.agents, line.destroyed_at is not None)
    grant = cast("Grant", _Bound(stands))
    keys = PartKeys(shard=b"", list=b"", index=b"")
    with pytest.raises(ShardError, match="destroyed after its term"):
        open_rows(grant, keys, house.objects, stands)


class _Bound:
    """What the reader of rows looks at in a grant."""

    action = Action.BUILD_BOOK
    agent = AGENT

    def __init__(self, snapshot: PublishedSnapshot) -> None:
        self.snapshot = snapshot.ref


def test_the_newest_is_never_destroyed(home: Installation, house: WorkerHouse) -> None:
    """However old it is, what is in force stays, and R33 refuses who asks for it."""
    newest = in_force(home)
    with writing(home.api.engine) as connection:
        mine = snapshots.c.attempt == newest.attempt
        other = connection.execute(
            select(snapshots.c.attempt, snapshots.c.as_of).where(~mine, snapshots.c.state == State.PUBLISHED)
        ).all()
        connection.execute(update(snapshots).where(mine).values(as_of=rfc3339(AS_OF - timedelta(weeks=60))))
        connection.execute(update(snapshots).where(~mine).values(as_of=rfc3339(AS_OF - timedelta(weeks=70))))
    Sweep(house).run()

    assert State.PUBLISHED is state_of(home, newest.attempt)
    assert has_key(home, newest.attempt)
    refuse(house, newest.attempt)
    with writing(home.api.engine) as connection:
        for each in (newest.attempt, *(row.attempt for row in other)):
            back = update(snapshots).where(snapshots.c.attempt == each)
            connection.execute(back.values(as_of=rfc3339(AS_OF)))


def refuse(house: WorkerHouse, attempt: str) -> None:
    """See that the gate lets nobody destroy a snapshot."""
    name = f"snapshot:{attempt}"
    ask = Ask(
        action=Action.DESTROY_OBJECT,
        resource=Resource(kind="attempt", id=attempt),
        claims={"objects": (name,)},
    )
    with pytest.raises(RefusedError, match="R33"), house.gate.transaction(SERVICE) as tx:
        tx.decide(ask)


def test_before_its_weeks_are_over_nothing_is_touched(
    home: Installation, house: WorkerHouse, overtaken: PublishedSnapshot
) -> None:
    """A corrected snapshot stays for its eight weeks; nobody may destroy it sooner."""
    make_older(home, overtaken.attempt, timedelta(weeks=7, days=5))
    Sweep(house).run()

    assert State.PUBLISHED is state_of(home, overtaken.attempt)
    assert has_key(home, overtaken.attempt)
    refuse(house, overtaken.attempt)


def test_an_hour_passes_for_who_still_builds_from_it(
    home: Installation, house: WorkerHouse, overtaken: PublishedSnapshot
) -> None:
    """What was in force a moment ago stays as long as a permit that names it may live, and longer."""
    make_older(home, overtaken.attempt)
    with writing(home.api.engine) as connection:
        now = rfc3339(home.api.clock.now())
        later = snapshots.c.attempt != overtaken.attempt
        connection.execute(update(snapshots).where(later).values(published_at=now))
    Sweep(house).run()
    stayed = state_of(home, overtaken.attempt)
    make_older(home, overtaken.attempt)
    Sweep(house).run()

    assert (State.PUBLISHED, State.DESTROYED) == (stayed, state_of(home, overtaken.attempt))


def test_an_export_that_waits_is_built_from_the_newest(
    home: Installation, house: WorkerHouse, overtaken: PublishedSnapshot
) -> None:
    """An export asked for before the destruction is carried on as if nothing had happened."""
    export = home.ask(home.sign_in(home.enrol(AGENT)), channel="link")
    make_older(home, overtaken.attempt)
    Sweep(house).run()
    Pipeline(house).advance(export)

    found = the_export(home, export)
    assert (Export.SENT, in_force(home).ref.digest) == (found.state, found.snapshot_digest)


def _die(_tx: object) -> None:
    raise WrongStateError(Export.EXPIRED)


def _before_the_vault(house: WorkerHouse, attempt: str) -> None:
    """Die with the permit."""
    _destroying(house, attempt, before=_die)


def _after_the_vault(house: WorkerHouse, attempt: str) -> None:
    """Die when the key is gone and no object is."""
    _destroying(house, attempt, objects=[])


def _amid_the_objects(house: WorkerHouse, attempt: str) -> None:
    """Die when some objects are gone."""
    _destroying(house, attempt, objects=list(object_names(attempt).values())[:2])


def _before_the_entry(house: WorkerHouse, attempt: str) -> None:
    """Die when all is gone and nothing says so."""
    _destroying(house, attempt, objects=list(object_names(attempt).values()))


def _destroying(
    house: WorkerHouse,
    attempt: str,
    objects: list[str] | None = None,
    before: Callable[[object], None] = lambda _tx: None,
) -> None:
    resource = Resource(kind="attempt", id=attempt)
    destroy(house, f"snapshot:{attempt}", resource, objects or [], before=before, after=_die)


@pytest.mark.parametrize("crash", [_before_the_vault, _after_the_vault, _amid_the_objects, _before_the_entry])
def test_a_crash_at_any_step_is_repaired_by_the_next_sweep(
    home: Installation,
    house: WorkerHouse,
    overtaken: PublishedSnapshot,
    crash: Callable[[WorkerHouse, str], None],
) -> None:
    """Wherever the worker died, the next round leaves no key, no object, one entry and the first record."""
    make_older(home, overtaken.attempt)
    with pytest.raises(WrongStateError):
        crash(house, overtaken.attempt)
    between = state_of(home, overtaken.attempt)
    kept = set(house.objects.names("destroyed/"))
    Sweep(house).run()

    assert (State.PUBLISHED, State.DESTROYED) == (between, state_of(home, overtaken.attempt))
    assert not has_key(home, overtaken.attempt)
    assert [] == house.objects.names(f"snapshots/{overtaken.attempt}")
    told = [each for each in entries(home, overtaken.attempt) if each.event is Event.OBJECT_DESTROYED]
    assert 1 == len(told)
    is_first = crash is _before_the_vault
    assert is_first is (f"destroyed/{told[0].destroyed}" not in kept)


def test_with_the_vault_away_it_waits(
    home: Installation, house: WorkerHouse, overtaken: PublishedSnapshot
) -> None:
    """Without the vault nothing is deleted, and `doctor` says so; the first sweep with it finishes."""
    make_older(home, overtaken.attempt)
    home.stop_vault()
    Sweep(house).run()
    warning = check_destruction(home.operator)
    between = state_of(home, overtaken.attempt), bool(house.objects.names(f"snapshots/{overtaken.attempt}"))
    home.start_vault()
    Sweep(house).run()

    assert (State.PUBLISHED, True) == between
    assert State.DESTROYED is state_of(home, overtaken.attempt)
    assert "snapshots beyond their 8 weeks: 1" in warning.said
    after = check_destruction(home.operator)
    assert (Verdict.WARN, Verdict.OK) == (warning.verdict, after.verdict)
    assert "and everywhere, backups too, by" in after.said
