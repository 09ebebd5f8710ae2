"""The store: what is destroyed is gone, what is answered is counted, what is restored is found."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from tests.vault.factories import ORIGIN
from tests.vault.fakes import CrashError, DyingCounter
from vault.ceremony import create_vault
from vault.holdings import Holdings, key_name, passphrase_name, read_target
from vault.home import COUNTER_NAME, STORE_NAME, CounterFile, HomeError
from vault.store import Store, StoreBrokenError
from vault.store_file import create_store


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a founded vault's folder."""
    create_vault(tmp_path / "vault", ORIGIN)
    return tmp_path / "vault"


def change(store: Store, value: bytes) -> None:
    """Make one change."""
    with store.change():
        store.put_fact("probe", value)


def stored(store: Store, name: str) -> bytes:
    """Return a secret's bytes as they lie in the file."""
    found = store.connection.execute("SELECT secret FROM secrets WHERE name = ?", (name,)).fetchone()
    return bytes(found[0])


def test_destroyed_secrets_are_gone_from_the_bytes(home: Path) -> None:
    """Of 1,200 secrets 400 are destroyed while others come: not even wrapped are they in the folder.

    No secret at all lies there as it is, neither raw nor in hex.
    """
    chance = random.Random(7)
    store = Store(home)
    holdings = Holdings(store)
    held: dict[tuple[str, int], tuple[bytes, bytes]] = {}
    destroyed: list[bytes] = []
    clear: list[bytes] = []
    for batch in range(12):
        with store.change():
            for fencing in range(50):
                export = f"{chance.getrandbits(64):016x}"
                passphrase = f"{chance.getrandbits(128):032x}".encode()
                holdings.keep(passphrase_name(export, fencing), passphrase)
                clear += (holdings.mint(key_name(export, fencing)), passphrase)
                names = key_name(export, fencing), passphrase_name(export, fencing)
                held[export, fencing] = (stored(store, names[0]), stored(store, names[1]))
        with store.change():
            for export, fencing in chance.sample(sorted(held), 200 // 12):
                holdings.shred_target(read_target(f"book:{export}.{fencing}"))
                destroyed += held.pop((export, fencing))
        raw = b"".join(path.read_bytes() for path in home.iterdir())

        assert not [secret for secret in destroyed if secret in raw], batch

    assert all(wrapped in raw for both in held.values() for wrapped in both)
    assert not [secret for secret in clear if secret in raw or secret.hex().encode() in raw]
    store.close()


def test_a_change_is_counted_before_it_is_answered(home: Path) -> None:
    """After each change the counter's file has the store's own number."""
    store = Store(home)
    change(store, b"1")
    change(store, b"2")

    assert 3 == store.changes() == CounterFile(home).read()
    store.close()


def test_a_block_that_changes_nothing_is_not_counted(home: Path) -> None:
    """A refusal that writes nothing costs nothing."""
    store = Store(home)
    with store.change():
        store.fact("origin")

    assert 1 == store.changes() == CounterFile(home).read()
    store.close()


def change_and_fail(store: Store) -> None:
    """Write something and raise."""
    store.put_fact("probe", b"1")
    raise ZeroDivisionError


@pytest.mark.parametrize("switch", ["dies_before", "dies_after"])
def test_a_crash_around_the_counter_heals(home: Path, switch: str) -> None:
    """Dying after the store's commit leaves a change that stands, and a vault that opens."""
    counter = DyingCounter(home)
    store = Store(home, counter)
    setattr(counter, switch, True)
    with pytest.raises(CrashError):
        change(store, b"1")
    store.close()

    store = Store(home)

    assert not store.is_behind
    assert store.fact("probe") == b"1"
    assert store.changes() == CounterFile(home).read()
    store.close()


def test_a_counter_that_cannot_be_written_stops_answers(home: Path) -> None:
    """After a failed count each change fails until the counter caught up."""
    store = Store(home)
    store_counter = home / COUNTER_NAME
    store_counter.unlink()
    in_the_way = home / f".{COUNTER_NAME}.part"
    in_the_way.mkdir()
    for _ in range(2):
        with pytest.raises(StoreBrokenError):
            change(store, b"1")

    assert store.changes() == 2

    in_the_way.rmdir()
    change(store, b"2")

    assert 3 == store.changes() == CounterFile(home).read()
    store.close()


def test_a_store_from_a_backup_is_behind(home: Path) -> None:
    """An older store beside the present counter is found, and can't be changed."""
    backup = home.parent / "backup.db"
    shutil.copy(home / STORE_NAME, backup)
    store = Store(home)
    change(store, b"1")
    store.close()
    shutil.copy(backup, home / STORE_NAME)

    store = Store(home)

    assert store.is_behind
    with pytest.raises(StoreBrokenError):
        change(store, b"2")
    store.close()


@pytest.mark.parametrize("text", [None, "0\n", "3\n", "nonsense"])
def test_a_counter_that_does_not_fit_means_behind(home: Path, text: str | None) -> None:
    """Missing, damaged, too high and too low by more than one: all of them are found."""
    store = Store(home)
    change(store, b"1")
    store.close()
    path = home / COUNTER_NAME
    path.unlink() if text is None else path.write_text(text)

    store = Store(home)

    assert store.is_behind
    store.close()


def test_a_failed_change_leaves_nothing(home: Path) -> None:
    """An error within a change undoes all of it; within a part, the part alone."""
    store = Store(home)
    with pytest.raises(ZeroDivisionError), store.change():
        change_and_fail(store)
    with store.change():
        store.put_fact("kept", b"1")
        with pytest.raises(ZeroDivisionError), store.part():
            change_and_fail(store)

    assert store.fact("kept") == b"1"
    with pytest.raises(KeyError):
        store.fact("probe")
    store.close()


def test_what_is_no_vault_of_ours_is_refused(tmp_path: Path, home: Path) -> None:
    """An empty folder, a folder with a vault, and another version's store are HomeErrors."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(HomeError):
        Store(tmp_path / "empty")
    with pytest.raises(HomeError):
        create_store(home, {}, {})
    store = Store(home)
    store.connection.execute("PRAGMA user_version=99")
    store.close()
    with pytest.raises(HomeError, match="version"):
        Store(home)
