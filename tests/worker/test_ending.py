"""Expiry, revocation and purge: what is destroyed, when, and that it is gone from the vault's bytes."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from itertools import cycle
from pathlib import Path

import pytest
from sqlalchemy import select, update

from audit.entry import Entry, Resource
from audit.events import Event
from exports.errors import WrongStateError
from exports.states import Reason, State
from house.importing import bring_in
from house.wiring import WorkerHouse
from policies.actions import Action
from policies.gate import Ask, RefusedError
from runtime.clock import rfc3339
from runtime.database import reading, writing
from snapshot.index import object_names
from snapshot.published import list_snapshots, newest_published
from snapshot.publishing import publish
from snapshot.reasons import Correction
from snapshot.tables import State as Attempt
from snapshot.tables import delegation_imports, snapshot_agents, snapshots
from store.exports import move_unclaimed
from store.releases import OpenRelease, keep_open, lost_releases
from store.tables import exports
from tests.factories import stored_book
from tests.installation import AS_OF, CONSOLE_WHO, Installation, a_published_installation
from tests.mail_server import Faults, MailServer, a_mail_server
from tests.worker.houses import a_worker, the_entries, the_export
from vault.errors import VaultError
from worker.destroying import destroy
from worker.pipeline import Pipeline
from worker.service import SERVICE, resource_of
from worker.sweep import Sweep

AGENTS = cycle(("0B65625", "0G96486"))
LONG_AGO = timedelta(days=401)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation with a published snapshot, for every test of this file."""
    with a_published_installation(tmp_path_factory.mktemp("ending")) as made:
        yield made


@pytest.fixture(scope="module")
def mail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailServer]:
    """A mail server that does what it should."""
    with a_mail_server(tmp_path_factory.mktemp("mail")) as server:
        yield server


@pytest.fixture(scope="module")
def house(home: Installation, mail: MailServer) -> Iterator[WorkerHouse]:
    """The worker's house."""
    with a_worker(home, mail) as opened:
        yield opened


@pytest.fixture
def sent(home: Installation, house: WorkerHouse, channel: str) -> str:
    """An export that was sent."""
    return a_sent(home, house, channel)


def a_sent(home: Installation, house: WorkerHouse, channel: str) -> str:
    """Carry a fresh export as far as it goes."""
    export = home.ask(home.sign_in(home.enrol(next(AGENTS))), channel=channel)
    Pipeline(house).advance(export)
    return export


def make_older(home: Installation, export: str, age: timedelta) -> None:
    """Let an export's whole life have happened that much earlier."""
    long_ago = rfc3339(home.api.clock.now() - age)
    with writing(home.api.engine) as connection:
        aging = update(exports).where(exports.c.id == export)
        connection.execute(aging.values(created_at=long_ago, expires_at=long_ago))


def held(home: Installation, export: str) -> set[str]:
    """Return the kinds of secret that the vault still holds of an export."""
    return {name.partition(":")[0] for name, secret in _secrets(home, export) if secret is not None}


def _secrets(home: Installation, export: str) -> list[tuple[str, bytes | None]]:
    """Return names and secrets of an export from a copy of the vault's store, which is the vault's alone."""
    with tempfile.TemporaryDirectory() as folder:
        for path in home.settings.vault_home.glob("vault.db*"):
            shutil.copy(path, folder)
        store = sqlite3.connect(Path(folder) / "vault.db")
        try:
            return store.execute("SELECT name, secret FROM secrets WHERE owner = ?", (export,)).fetchall()
        finally:
            store.close()


def events(home: Installation, export: str) -> list[Event]:
    """Return what happened to an export since it was built."""
    names = [entry.event for entry in the_entries(home, export)]
    return names[names.index(Event.EXPORT_BUILT) + 1 :]


def test_before_its_end_nothing_is_touched(home: Installation, house: WorkerHouse) -> None:
    """A sweep leaves an export alone whose access hasn't ended."""
    export = a_sent(home, house, "link")
    Sweep(house).run()

    found = the_export(home, export)
    assert (State.SENT, {"key", "passphrase"}) == (found.state, held(home, export))
    assert stored_book(found) in house.objects.names("books/")


def test_an_expired_link_is_purged(home: Installation, house: WorkerHouse) -> None:
    """Key, passphrase and object are gone, also from the raw bytes of the vault's files."""
    export = a_sent(home, house, "link")
    found, secrets = the_export(home, export), _secrets(home, export)
    make_older(home, export, timedelta(days=14))

    Sweep(house).run()

    assert (State.PURGED, Reason.TERM_ENDED) == (
        the_export(home, export).state,
        the_export(home, export).reason,
    )
    assert set() == held(home, export)
    assert stored_book(found) not in house.objects.names("books/")
    left = b"".join(path.read_bytes() for path in home.settings.vault_home.iterdir() if path.is_file())
    assert [False, False] == [secret in left for _name, secret in secrets if secret]
    assert [
        Event.EXPORT_SENDING,
        Event.EXPORT_SENT,
        Event.EXPORT_EXPIRED,
        Event.EXPORT_PURGED,
        Event.OBJECT_DESTROYED,
    ] == [event for event in events(home, export) if event is not Event.DESTRUCTION_REQUESTED]
    destroyed = the_entries(home, export)[-1]
    assert (f"export:{export}",) == destroyed.objects
    assert destroyed.destroyed is not None


def test_a_mailed_books_passphrase_outlives_the_stored_book(home: Installation, house: WorkerHouse) -> None:
    """Expired by mail: the stored copy and its key go at once, the passphrase after its own term."""
    export = a_sent(home, house, "email")
    stored = stored_book(the_export(home, export))
    make_older(home, export, timedelta(days=15))
    Sweep(house).run()
    first = (the_export(home, export).state, held(home, export), stored in house.objects.names("books/"))
    made = len(the_entries(home, export))
    Sweep(house).run()
    again = len(the_entries(home, export))

    make_older(home, export, LONG_AGO)
    Sweep(house).run()

    assert (State.EXPIRED, {"passphrase"}, False) == first
    assert made == again
    assert (State.PURGED, set()) == (the_export(home, export).state, held(home, export))


def test_a_passphrase_is_not_destroyed_before_its_term(home: Installation, house: WorkerHouse) -> None:
    """R33 refuses to destroy a mailed book's passphrase while the agent may need it."""
    export = a_sent(home, house, "email")
    make_older(home, export, timedelta(days=15))
    Sweep(house).run()

    for name in (f"passphrase:{export}.1", f"book:{export}.1", f"export:{export}"):
        ask = Ask(action=Action.DESTROY_OBJECT, resource=resource_of(export), claims={"objects": (name,)})
        with pytest.raises(RefusedError, match="R33"), house.gate.transaction(SERVICE) as tx:
            tx.decide(ask)


@pytest.mark.parametrize("channel", ["link", "email"])
def test_what_was_revoked_loses_all_keys(home: Installation, house: WorkerHouse, sent: str) -> None:
    """Revoked: key and passphrase are destroyed with the next sweep, by mail too."""
    with writing(home.api.engine) as connection:
        move_unclaimed(connection, sent, State.SENT, State.REVOKED)
    Sweep(house).run()

    assert (State.PURGED, set()) == (the_export(home, sent).state, held(home, sent))


def test_what_failed_with_a_book_is_purged(home: Installation, house: WorkerHouse, mail: MailServer) -> None:
    """A book that the mail server refused is destroyed; the reason stays."""
    mail.faults = Faults(at_recipient="550 no such mailbox")
    export = a_sent(home, house, "email")
    mail.faults = Faults()
    Sweep(house).run()

    found = the_export(home, export)
    assert (State.PURGED, Reason.MAIL_REFUSED, set()) == (found.state, found.reason, held(home, export))


def test_what_never_had_a_book_has_nothing_to_purge(home: Installation, house: WorkerHouse) -> None:
    """A cancelled request stays what it is."""
    export = home.ask(home.sign_in(home.enrol(next(AGENTS))), channel="link")
    with writing(home.api.engine) as connection:
        move_unclaimed(connection, export, State.ACCEPTED, State.CANCELLED)
    Sweep(house).run()

    assert State.CANCELLED == the_export(home, export).state


def test_a_crash_after_the_shredding_is_taken_up(home: Installation, house: WorkerHouse) -> None:
    """Who dies between the vault and the last entry leaves an export that the next round purges."""
    export = a_sent(home, house, "link")
    make_older(home, export, timedelta(days=14))
    with writing(home.api.engine) as connection:
        move_unclaimed(connection, export, State.SENT, State.EXPIRED)

    def die(_tx: object) -> None:
        raise WrongStateError(State.EXPIRED)

    with pytest.raises(WrongStateError):
        destroy(house, f"export:{export}", resource_of(export), [], after=die)
    between = (the_export(home, export).state, held(home, export))
    Sweep(house).run()

    assert (State.EXPIRED, set()) == between
    assert State.PURGED == the_export(home, export).state


def test_a_purged_export_can_have_no_new_key(home: Installation, house: WorkerHouse) -> None:
    """The vault bars the whole export: a worker that comes late can't mint for it."""
    export = a_sent(home, house, "link")
    make_older(home, export, timedelta(days=14))
    Sweep(house).run()
    with writing(home.api.engine) as connection:
        again = update(exports).where(exports.c.id == export)
        connection.execute(again.values(state=State.ACCEPTED.value, built_fencing=None, lease_until=None))

    Pipeline(house).advance(export)

    found = the_export(home, export)
    assert (State.ACCEPTED, Reason.VAULT_REFUSED, set()) == (found.state, found.reason, held(home, export))
    with writing(home.api.engine) as connection:
        connection.execute(again.values(state=State.PURGED.value))


def test_a_download_that_never_ended_ends_unknown(home: Installation, house: WorkerHouse) -> None:
    """An hour after its server died, a release is ended as one whose bytes nobody knows."""
    export = a_sent(home, house, "link")
    long_ago = rfc3339(home.api.clock.now() - timedelta(hours=1, seconds=1))
    lost = OpenRelease(
        id=f"r-{export}", export=export, fencing=1, permit=0, first=0, end=10, started_at=long_ago
    )
    with writing(home.api.engine) as connection:
        keep_open(connection, lost)
    Sweep(house).run()

    ended = the_entries(home, export)[-1]
    assert (Event.RELEASE_ENDED, "unknown", None) == (ended.event, ended.state, ended.ranges)
    with reading(home.api.engine) as connection:
        assert [] == lost_releases(connection, home.api.clock.now())


def test_an_import_that_came_to_nothing_is_destroyed(home: Installation, house: WorkerHouse) -> None:
    """A day after it began, an unfinished import loses its key and its objects."""
    operator = home.operator
    with operator.gate.transaction(CONSOLE_WHO) as tx:
        attempt = "a" * 32
        row = {
            "attempt": attempt,
            "as_of": rfc3339(AS_OF),
            "state": Attempt.IMPORTING,
            "source_sha256": "0" * 64,
            "rows": 1,
            "agents": 1,
            "begun_at": rfc3339(tx.now - timedelta(hours=24, seconds=1)),
        }
        tx.connection.execute(snapshots.insert().values(row))
    names = list(object_names(attempt).values())
    for name in names:
        house.objects.put(name, b"ciphertext")
    Sweep(house).run()
    Sweep(house).run()

    with reading(home.api.engine) as connection:
        state = connection.execute(
            snapshots.select().where(snapshots.c.attempt == attempt).with_only_columns(snapshots.c.state)
        ).scalar_one()
    assert (Attempt.ABANDONED, []) == (state, house.objects.names(f"snapshots/{attempt}"))
    with pytest.raises(VaultError):
        _import(home, attempt)


def test_an_import_that_was_overtaken_is_destroyed(home: Installation, house: WorkerHouse) -> None:
    """What was checked and can't be published any more loses its key, its objects and its delegations."""
    overtaken, winner = (_checked(home) for _ in range(2))
    operator = home.operator
    publish(winner, who=CONSOLE_WHO, gate=operator.gate, vault=operator.vault)
    assert house.objects.names(f"snapshots/{overtaken}")
    Sweep(house).run()
    Sweep(house).run()

    with reading(home.api.engine) as connection:
        states = {line.attempt: line.state for line in list_snapshots(connection)}
        written = connection.execute(select(delegation_imports.c.attempt)).scalars().all()
        counted = set(connection.execute(select(snapshot_agents.c.attempt)).scalars())
        newest = newest_published(connection)
    assert (Attempt.SUPERSEDED, Attempt.PUBLISHED) == (states[overtaken], states[winner])
    assert [] == house.objects.names(f"snapshots/{overtaken}")
    assert house.objects.names(f"snapshots/{winner}")
    assert (False, True) == (overtaken in written, winner in written)
    assert (False, True) == (overtaken in counted, winner in counted)
    assert newest is not None
    assert winner == newest.attempt
    reader = home.api.reader
    entries = [Entry.decode(data) for data in reader.entries(0, reader.head().size)]
    destroyed = [entry for entry in entries if entry.event is Event.OBJECT_DESTROYED]
    assert 1 == sum(entry.objects == (f"snapshot:{overtaken}",) for entry in destroyed)


def _checked(home: Installation) -> str:
    reason = Correction.EXCHANGE_CORRECTION
    return bring_in(home.operator, CONSOLE_WHO, home.extract, AS_OF, reason=reason).attempt


def _import(home: Installation, attempt: str) -> None:
    with home.operator.gate.transaction(CONSOLE_WHO) as tx:
        ask = Ask(
            action=Action.IMPORT_SNAPSHOT,
            resource=Resource(kind="attempt", id=attempt),
            claims={"as_of": AS_OF},
        )
        permit = tx.decide(ask)
    home.operator.vault.import_snapshot(permit.index, attempt=attempt, agents=[])
