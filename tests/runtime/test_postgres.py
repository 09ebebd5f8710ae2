"""PostgreSQL as the house uses it: what it must be, what each transaction sees, who waits for whom."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import InternalError, OperationalError

from runtime.database import DatabaseUnfitError, check_database, hold, open_database, reading, writing
from tests.backends import servers
from tests.factories import a_database

pytestmark = pytest.mark.servers


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """A migrated database."""
    return a_database(tmp_path)


def take_lease(name: str) -> str:
    """Return a statement that adds a row."""
    return f"INSERT INTO leases VALUES ('{name}', '', '')"  # noqa: S608 - a test's own word


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ("synchronous_commit = off", "a commit must survive a power loss"),
        ("synchronous_commit = local", "a commit must survive a power loss"),
    ],
)
def test_a_server_that_may_lose_a_commit_is_not_used(engine: Engine, setting: str, why: str) -> None:
    """Every connection is looked at, since a setting may change while the house runs."""
    with writing(engine) as connection:
        connection.execute(text(f"ALTER DATABASE {engine.url.database} SET {setting}"))
    engine.dispose()

    with pytest.raises(DatabaseUnfitError, match=why), reading(engine):
        pass


def test_another_locale_is_not_used() -> None:
    """Moments and names are compared as text, and have to sort by their bytes."""
    servers().administer(
        "CREATE DATABASE elsewhere TEMPLATE template0 LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"
    )
    try:
        with pytest.raises(DatabaseUnfitError, match="locale"):
            check_database(servers().url("elsewhere"))
    finally:
        servers().administer("DROP DATABASE elsewhere")


def test_a_server_that_is_away_may_still_come() -> None:
    """The check at the start is about settings; readiness tells the rest."""
    check_database("postgresql+psycopg://nobody@/nothing?host=/nowhere")


def test_reading_sees_one_state_and_writes_nothing(engine: Engine) -> None:
    """What others commit meanwhile isn't seen, and a write in a read transaction is refused."""
    counting = text("SELECT count(*) FROM leases")
    with reading(engine) as connection:
        before = connection.execute(counting).scalar_one()
        with writing(engine) as other:
            other.execute(text(take_lease("a")))
        assert before == connection.execute(counting).scalar_one()
    with pytest.raises(InternalError, match="read-only"), reading(engine) as connection:
        connection.execute(text(take_lease("b")))


def test_who_holds_a_name_is_alone(engine: Engine) -> None:
    """Another waits until the transaction ends, and other names are free."""
    waited = threading.Event()

    def wait() -> None:
        with writing(engine) as connection:
            hold(connection, "agent:1")
            seen.append(connection.execute(text("SELECT count(*) FROM leases")).scalar_one())
        waited.set()

    seen: list[int] = []
    with writing(engine) as connection:
        hold(connection, "agent:1")
        thread = threading.Thread(target=wait)
        thread.start()
        with writing(engine) as other:
            hold(other, "agent:2")
        assert not waited.wait(0.2)
        connection.execute(text(take_lease("a")))
    thread.join()
    assert [1] == seen


def test_a_connection_that_was_cut_is_replaced(engine: Engine) -> None:
    """After the server restarts the next transaction works."""
    with reading(engine) as connection:
        number = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    servers().administer(f"SELECT pg_terminate_backend({number}, 5000)")

    with reading(engine) as connection:
        assert number != connection.execute(text("SELECT pg_backend_pid()")).scalar_one()


def test_who_waits_for_a_lock_waits_not_for_ever(engine: Engine) -> None:
    """The limits are set on every connection."""
    with reading(engine) as connection:
        limits = [
            connection.execute(text(f"SHOW {name}")).scalar_one()
            for name in ("lock_timeout", "idle_in_transaction_session_timeout")
        ]
    assert ["30s", "1min"] == limits


def test_another_kind_of_database_is_refused() -> None:
    """Only two are proved to keep the ledger."""
    with pytest.raises(DatabaseUnfitError, match="SQLite or PostgreSQL"):
        open_database("mysql+pymysql://x@y/z")


def test_an_unreachable_server_is_an_error_of_the_database() -> None:
    """It is what every room takes for "the database is away"."""
    engine = open_database("postgresql+psycopg://nobody@/nothing?host=/nowhere")
    with pytest.raises(OperationalError), reading(engine):
        pass
