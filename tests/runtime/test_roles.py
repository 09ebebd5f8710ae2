"""Two roles in one PostgreSQL: what the house's own can do to the ledger, and what it can't."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError

from audit.errors import LedgerUnavailableError
from audit.ledger import Ledger, LedgerReader
from runtime.database import open_database, reading, writing
from runtime.roles import bring_up, is_separated
from tests.audit import reference
from tests.audit.factories import a_draft, a_permit
from tests.backends import servers
from tests.factories import a_database
from tests.fakes import PinnedClock

pytestmark = pytest.mark.servers
_GROWN = 5


@pytest.fixture
def house() -> Iterator[Engine]:
    """A database as the house's role has it: another role owns its tables. It holds a few entries."""
    running = servers()
    for role in ("test_owner", "test_house"):
        running.administer(f"CREATE ROLE {role} LOGIN")
    running.administer("CREATE DATABASE separated OWNER test_owner TEMPLATE template0")
    url = running.url("separated")
    bring_up(url.replace("postgres@", "test_house@"), url.replace("postgres@", "test_owner@"))
    engine = open_database(url.replace("postgres@", "test_house@"))
    try:
        with writing(engine) as connection:
            Ledger(PinnedClock()).append(connection, [a_permit(rules=("R01",)) for _ in range(_GROWN)])
        yield engine
    finally:
        engine.dispose()
        running.administer("DROP DATABASE separated WITH (FORCE)")
        for role in ("test_owner", "test_house"):
            running.administer(f"DROP ROLE {role}")


def test_the_house_appends_through_the_door(house: Engine) -> None:
    """What the owner's function makes of the entries' bytes is the RFC's tree."""
    reader = LedgerReader(house)
    data = list(reader.entries(0, _GROWN))

    assert reference.root(data) == reader.head().root
    assert is_separated(house)


@pytest.mark.parametrize(
    "statement",
    [
        (
            'INSERT INTO ledger_entries SELECT "index" + 5, leaf, entry, at, event, action, outcome, actor,'
            " agent, export, fencing FROM ledger_entries"
        ),
        "UPDATE ledger_entries SET outcome = 'refuse'",
        "DELETE FROM ledger_entries",
        "TRUNCATE ledger_entries CASCADE",
        "ALTER TABLE ledger_entries DISABLE TRIGGER ALL",
        "ALTER TABLE ledger_entries OWNER TO test_house",
        "DROP TABLE ledger_entries",
        "DROP TRIGGER ledger_entries_follow ON ledger_entries",
        "SET session_replication_role = replica",
        "SET ROLE test_owner",
        "INSERT INTO ledger_nodes VALUES (9, 0, '')",
        "UPDATE ledger_head SET size = size + 1",
        "SELECT * FROM ledger_head FOR UPDATE",
        "DELETE FROM ledger_rules",
        "INSERT INTO ledger_records VALUES ('p', 0, '')",
        "UPDATE checkpoints SET note = ''",
        (
            "CREATE OR REPLACE FUNCTION ledger_append(start bigint, given bytea[]) RETURNS bytea"
            " LANGUAGE sql AS $$ SELECT ''::bytea $$"
        ),
        "CREATE TABLE ledger_entries_2 (a int)",
        "UPDATE alembic_version SET version_num = '0001'",
    ],
)
def test_the_house_cant_write_the_ledger_itself(house: Engine, statement: str) -> None:
    """Nothing but the owner's functions takes the house's role to the ledger's tables."""
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), writing(house) as line:
        line.execute(text(statement))


@pytest.mark.parametrize(
    ("start", "entry", "refusal"),
    [
        (0, None, "without a gap"),
        (_GROWN - 1, None, "without a gap"),
        (_GROWN + 1, None, "without a gap"),
        (_GROWN, '{"at":"1999-01-01T00:00:00.000000Z"}', "lead backwards"),
        (_GROWN, '{"at":"9999-01-01T00:00:00.000000Z","because":5}', "lead backwards"),
        (_GROWN, '{"at":"9999-01-01T00:00:00.000000Z"}', "null value"),
        (_GROWN, "{}", "lead backwards"),
    ],
)
def test_the_door_checks_what_it_is_handed(
    house: Engine, start: int, entry: str | None, refusal: str
) -> None:
    """Another place, an earlier time, a reference ahead and missing fields are refused."""
    given = entry or next(LedgerReader(house).entries(0, 1)).decode()
    before = LedgerReader(house).head()

    with pytest.raises(IntegrityError, match=refusal), writing(house) as connection:
        connection.execute(
            text("SELECT ledger_append(:start, ARRAY[convert_to(:given, 'UTF8')])"),
            {"start": start, "given": given},
        )
    assert before == LedgerReader(house).head()


def test_the_door_opens_at_read_committed_only(house: Engine) -> None:
    """A transaction that doesn't see what the one before it committed gets no lock."""
    with (
        house.connect().execution_options(isolation_level="REPEATABLE READ") as connection,
        connection.begin(),
        pytest.raises(DBAPIError, match="READ COMMITTED"),
    ):
        connection.execute(text("SELECT * FROM ledger_lock()"))


def test_nothing_shadows_the_tables(house: Engine) -> None:
    """Temporary tables of the same names aren't what the owner's functions write."""
    with writing(house) as connection:
        connection.execute(text("CREATE TEMP TABLE ledger_head (id int, size bigint, root bytea, at text)"))
        connection.execute(text("INSERT INTO ledger_head VALUES (1, 0, '', '')"))
        Ledger(PinnedClock()).append(connection, [a_draft()])

    with reading(house) as connection:
        assert _GROWN + 1 == connection.execute(text("SELECT size FROM public.ledger_head")).scalar_one()


def test_one_role_for_both_is_noticed(tmp_path: Path) -> None:
    """Where the house owns the tables everything works, and `is_separated` says so."""
    engine = a_database(tmp_path)
    with writing(engine) as connection:
        Ledger(PinnedClock()).append(connection, [a_draft()])

    assert not is_separated(engine)


def test_an_append_needs_a_transaction(house: Engine) -> None:
    """Nothing is appended where nobody would commit it."""
    with house.connect() as connection, pytest.raises(LedgerUnavailableError, match="transaction"):
        Ledger(PinnedClock()).append(connection, [a_draft()])
    with reading(house) as connection:
        assert _GROWN == connection.execute(text("SELECT size FROM ledger_head")).scalar_one()
