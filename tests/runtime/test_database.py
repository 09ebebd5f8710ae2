"""Tests of the two kinds of transaction, on real SQLite files."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from runtime.database import migrate, open_database, reading, writing
from tests.factories import a_database

WRITERS = 4
ROUNDS = 10


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """Return a database with one table of one counter."""
    engine = open_database(f"sqlite:///{tmp_path / 'house.db'}")
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE counter (id INTEGER PRIMARY KEY, value INTEGER NOT NULL)"))
        connection.execute(text("CREATE TABLE leaf (counter INTEGER REFERENCES counter (id))"))
        connection.execute(text("INSERT INTO counter VALUES (1, 0)"))
    yield engine
    engine.dispose()


def value_of(engine: Engine) -> int:
    """Return the counter's value."""
    with reading(engine) as connection:
        return int(connection.execute(text("SELECT value FROM counter")).scalar_one())


def test_a_clean_exit_commits(engine: Engine) -> None:
    """What was written is there for the next reader."""
    with writing(engine) as connection:
        connection.execute(text("UPDATE counter SET value = 7"))
    assert 7 == value_of(engine)


def test_an_error_rolls_everything_back(engine: Engine) -> None:
    """Of a transaction that ended in an error nothing is left, and the error goes on."""

    def fail_halfway() -> None:
        with writing(engine) as connection:
            connection.execute(text("UPDATE counter SET value = 7"))
            raise RuntimeError("halfway")

    with pytest.raises(RuntimeError, match="halfway"):
        fail_halfway()
    assert 0 == value_of(engine)


def test_writers_queue(engine: Engine) -> None:
    """Writers that read and then write wait for each other: no update is lost, none fails."""
    together = threading.Barrier(WRITERS)

    def count_up() -> None:
        together.wait()
        for _ in range(ROUNDS):
            with writing(engine) as connection:
                value = connection.execute(text("SELECT value FROM counter")).scalar_one()
                connection.execute(text("UPDATE counter SET value = :value"), {"value": value + 1})

    threads = [threading.Thread(target=count_up) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert WRITERS * ROUNDS == value_of(engine)


def test_a_reader_sees_one_state(engine: Engine) -> None:
    """What is committed while a reader reads isn't seen before the reader ends."""
    with reading(engine) as reader:
        before = reader.execute(text("SELECT value FROM counter")).scalar_one()
        with writing(engine) as connection:
            connection.execute(text("UPDATE counter SET value = 7"))
        after = reader.execute(text("SELECT value FROM counter")).scalar_one()
    assert (0, 0) == (before, after)
    assert 7 == value_of(engine)


def test_a_reader_doesnt_wait_for_a_writer(engine: Engine) -> None:
    """While a writer holds its transaction, readers see the state before it."""
    with writing(engine) as connection:
        connection.execute(text("UPDATE counter SET value = 7"))
        assert 0 == value_of(engine)


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 30000)],
)
def test_the_pragmas_are_in_force(engine: Engine, pragma: str, value: str | int) -> None:
    """Every connection writes ahead, syncs in full, holds foreign keys and waits for a lock."""
    with reading(engine) as one, reading(engine) as other:
        found = [connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() for connection in (one, other)]
    assert [value, value] == found


def test_a_foreign_key_holds(engine: Engine) -> None:
    """A row that points to nothing is refused."""
    with pytest.raises(IntegrityError), writing(engine) as connection:
        connection.execute(text("INSERT INTO leaf VALUES (99)"))


def test_a_savepoint_rolls_back_alone(engine: Engine) -> None:
    """Within a write, a part can be undone without the rest."""
    with writing(engine) as connection:
        connection.execute(text("UPDATE counter SET value = 1"))
        part = connection.begin_nested()
        connection.execute(text("UPDATE counter SET value = 2"))
        part.rollback()
    assert 1 == value_of(engine)


def test_a_migration_may_be_repeated(tmp_path: Path) -> None:
    """Migrating a database that is up to date changes nothing."""
    engine = a_database(tmp_path)
    with writing(engine) as connection:
        connection.execute(text("INSERT INTO leases VALUES ('sweep', 'me', 'then')"))
    migrate(engine)
    with reading(engine) as connection:
        assert [("sweep", "me", "then")] == [
            tuple(row) for row in connection.execute(text("SELECT * FROM leases"))
        ]
    engine.dispose()
