"""The writer: batches, time, references, and what the database itself refuses."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from audit import proofs, tables
from audit.counts import count_entries
from audit.entry import Entry, EntryError, SameBatch
from audit.events import Event, Outcome
from audit.ledger import (
    Ledger,
    LedgerBrokenError,
    LedgerGapError,
    LedgerReader,
    LedgerUnavailableError,
)
from audit.tree import EMPTY_ROOT
from runtime.clock import parse_rfc3339
from runtime.database import metadata, open_database, reading, writing
from tests.audit import reference
from tests.audit.factories import AT, a_draft, a_ledger, a_permit
from tests.factories import a_database
from tests.fakes import PinnedClock

_TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname || ' ON ' || tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal",
}


def test_a_fresh_ledger_is_empty(tmp_path: Path) -> None:
    """The first head is over nothing."""
    head = a_ledger(tmp_path).reader.head()
    assert (0, EMPTY_ROOT) == (head.size, head.root)


def test_batches_build_the_rfc_tree(tmp_path: Path) -> None:
    """After each batch the head is the RFC's root over all entries' bytes."""
    made, data = a_ledger(tmp_path), list[bytes]()
    for width in (1, 2, 1, 5, 0, 8, 3):
        data += [each.encoded for each in made.append(*(a_draft() for _ in range(width)))]

        head = made.reader.head()
        assert (len(data), reference.root(data)) == (head.size, head.root)
    assert data == list(made.reader.entries(0, len(data)))


def test_recorded_says_what_was_kept(tmp_path: Path) -> None:
    """An appended entry has index, bytes and time; the bytes decode to the entry."""
    made = a_ledger(tmp_path, entries=2)
    (recorded,) = made.append(a_permit())

    assert 2 == recorded.index
    assert recorded.entry == Entry.decode(recorded.encoded)
    assert made.clock.now() == parse_rfc3339(recorded.entry.at)


def test_time_never_runs_backwards(tmp_path: Path) -> None:
    """When the clock steps back, entries keep the time of the last one."""
    made = a_ledger(tmp_path)
    (first,) = made.append(a_draft())
    made.clock.advance(hours=-1)
    (second,) = made.append(a_draft())
    made.clock.advance(hours=2)
    (third,) = made.append(a_draft())

    assert AT == first.entry.at == second.entry.at
    assert "2026-11-21T19:00:00.000000Z" == third.entry.at


def test_because_points_into_the_batch(tmp_path: Path) -> None:
    """A position of the same batch becomes the index that its entry got."""
    made = a_ledger(tmp_path, entries=3)
    recorded = made.append(a_permit(), a_draft(), a_draft(because=SameBatch(position=1)))

    assert 4 == recorded[2].entry.because


@pytest.mark.parametrize("because", [SameBatch(position=0), SameBatch(position=5), SameBatch(position=-1), 3])
def test_because_points_backwards(tmp_path: Path, because: SameBatch | int) -> None:
    """An entry that would follow from itself or a later one is refused."""
    made = a_ledger(tmp_path, entries=3)
    with pytest.raises(LedgerGapError):
        made.append(a_draft(because=because))

    assert 3 == made.reader.head().size


def test_a_bad_draft_spoils_its_batch(tmp_path: Path) -> None:
    """Nothing of a batch is kept when one draft can't be an entry."""
    made = a_ledger(tmp_path)
    with pytest.raises(EntryError):
        made.append(a_draft(), a_draft(agent="not a licence"))

    assert 0 == made.reader.head().size


def test_append_doesnt_commit(tmp_path: Path) -> None:
    """What was appended vanishes when the caller's transaction rolls back."""
    made = a_ledger(tmp_path, entries=2)
    before = made.reader.head()

    def fail() -> None:
        with writing(made.engine) as connection:
            made.ledger.append(connection, [a_draft()])
            assert 3 == made.reader.head(connection).size
            raise KeyError("something of the caller's")

    with pytest.raises(KeyError):
        fail()
    assert before == made.reader.head()


def test_writers_queue(tmp_path: Path) -> None:
    """Appends from several threads make one chain without gaps."""
    made = a_ledger(tmp_path)
    with ThreadPoolExecutor(4) as pool:
        batches = list(pool.map(lambda _: made.append(a_draft(), a_draft()), range(12)))

    assert list(range(24)) == sorted(each.index for batch in batches for each in batch)
    assert reference.root(list(made.reader.entries(0, 24))) == made.reader.head().root


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entries SET outcome = 'refuse' WHERE \"index\" = 1",
        'DELETE FROM ledger_entries WHERE "index" = 2',
        "DELETE FROM ledger_entries",
        (
            'INSERT INTO ledger_entries SELECT "index" + 9, leaf, entry, at, event, action, outcome, actor,'
            ' agent, export, fencing FROM ledger_entries WHERE "index" = 1'
        ),
        "UPDATE ledger_nodes SET hash = hash",
        "DELETE FROM ledger_nodes",
        "INSERT INTO ledger_nodes SELECT level, position + 7, hash FROM ledger_nodes",
        "UPDATE ledger_head SET size = 2",
        "UPDATE ledger_head SET size = size",
        "UPDATE ledger_head SET size = size + 1, at = ''",
        "DELETE FROM ledger_head",
        "UPDATE checkpoints SET note = ''",
        "DELETE FROM checkpoints",
        "UPDATE ledger_rules SET rule = 'R02'",
        "DELETE FROM ledger_rules",
        "INSERT INTO ledger_rules SELECT * FROM ledger_rules",
        "UPDATE ledger_records SET record = person",
        "DELETE FROM ledger_records",
        "INSERT INTO ledger_records SELECT * FROM ledger_records",
    ],
)
def test_the_database_refuses_rewriting(tmp_path: Path, statement: str) -> None:
    """Triggers refuse to change, delete, replace or skip what the ledger holds."""
    made = a_ledger(tmp_path, entries=3)
    made.append(a_permit(outcome=Outcome.REFUSE, rules=("R01",), expires=None))
    made.append(a_draft(event=Event.PERSON_RECORDED, record="ab" * 32))
    made.reader.keep_checkpoint("a note", made.reader.head())
    with pytest.raises(IntegrityError), writing(made.engine) as connection:
        connection.execute(text(statement))


@pytest.mark.embedded
@pytest.mark.parametrize(
    "statement",
    [
        'INSERT OR REPLACE INTO ledger_entries SELECT * FROM ledger_entries WHERE "index" = 1',
        "INSERT OR REPLACE INTO ledger_nodes SELECT * FROM ledger_nodes",
        "INSERT OR REPLACE INTO ledger_head VALUES (1, 0, x'00', '')",
        "INSERT OR REPLACE INTO checkpoints SELECT * FROM checkpoints",
        "INSERT OR REPLACE INTO ledger_rules SELECT * FROM ledger_rules",
        "INSERT OR REPLACE INTO ledger_records SELECT * FROM ledger_records",
    ],
)
def test_sqlite_refuses_replacing(tmp_path: Path, statement: str) -> None:
    """SQLite's own way of changing a row by inserting another is refused too."""
    test_the_database_refuses_rewriting(tmp_path, statement)


@pytest.mark.servers
@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE ledger_entries",
        "TRUNCATE ledger_nodes",
        "TRUNCATE ledger_head",
        "TRUNCATE checkpoints",
        "TRUNCATE ledger_rules",
        "TRUNCATE ledger_records",
        "INSERT INTO checkpoints SELECT * FROM checkpoints ON CONFLICT (size) DO UPDATE SET note = ''",
        (
            "MERGE INTO ledger_entries kept USING ledger_head ON true"
            " WHEN MATCHED THEN UPDATE SET outcome = 'permit'"
        ),
        "INSERT INTO ledger_head SELECT 2, size, root, at FROM ledger_head",
    ],
)
def test_postgresql_refuses_truncating_and_merging(tmp_path: Path, statement: str) -> None:
    """PostgreSQL's own ways of changing rows are refused too."""
    test_the_database_refuses_rewriting(tmp_path, statement)


def test_a_dead_database_is_unavailable(tmp_path: Path) -> None:
    """Errors of the database come out as LedgerUnavailableError, without statement or values."""
    engine = open_database(f"sqlite:///{tmp_path / 'empty.db'}")
    ledger, reader = Ledger(PinnedClock()), LedgerReader(engine)
    with writing(engine) as connection, pytest.raises(LedgerUnavailableError) as caught:
        ledger.append(connection, [a_draft()])

    assert "the ledger's database failed (OperationalError)" == str(caught.value)
    assert caught.value.__suppress_context__
    for ask in (
        reader.head,
        reader.checkpoint,
        lambda: reader.prove(0, []),
        lambda: list(reader.entries(0, 1)),
        lambda: reader.keep_checkpoint("", reader.head()),
    ):
        with pytest.raises(LedgerUnavailableError):
            ask()
    with reading(engine) as connection, pytest.raises(LedgerUnavailableError):
        count_entries(connection, event=Event.EXPORT_SENT)


def test_an_empty_batch_asks_nothing(tmp_path: Path) -> None:
    """Nothing to append touches no table."""
    engine = open_database(f"sqlite:///{tmp_path / 'empty.db'}")
    with writing(engine) as connection:
        assert [] == Ledger(PinnedClock()).append(connection, [])


@pytest.mark.parametrize(
    ("tampering", "why"),
    [
        ("UPDATE ledger_head SET root = :zeros", "don't lead to its root"),
        ("UPDATE ledger_nodes SET hash = :zeros", "don't lead to its root"),
        ("DELETE FROM ledger_nodes", "node of the ledger's tree is missing"),
        ("DELETE FROM ledger_head", "no head"),
    ],
)
def test_contradictions_stop_the_writer(tmp_path: Path, tampering: str, why: str) -> None:
    """Where the triggers were dropped and something was changed, nothing is appended on top."""
    made = a_ledger(tmp_path, entries=3)
    with writing(made.engine) as connection:
        for name in connection.execute(text(_TRIGGERS[made.engine.dialect.name])).scalars().all():
            connection.execute(text(f"DROP TRIGGER {name}"))
        connection.execute(text(tampering), {"zeros": bytes(32)} if ":zeros" in tampering else {})

    with pytest.raises(LedgerBrokenError, match=why):
        made.append(a_draft())


def test_the_migration_makes_the_tables(tmp_path: Path) -> None:
    """The migrated database has the columns that the tables' definitions name, and one head."""
    engine = a_database(tmp_path)
    ours = [table for table in metadata.sorted_tables if table.name in vars(tables)]

    looked_up = {"ledger_rules", "ledger_records", "ledger_inputs", "ledger_shown", "ledger_prunings"}
    names = looked_up | {"ledger_entries", "ledger_nodes", "ledger_head", "checkpoints"}
    assert names == {t.name for t in ours}
    with reading(engine) as connection:
        for table in ours:
            expected = [(c.name, c.nullable) for c in table.columns]
            found = inspect(connection).get_columns(table.name)
            assert expected == [(column["name"], column["nullable"]) for column in found]
        assert 1 == connection.execute(text("SELECT COUNT(*) FROM ledger_head")).scalar_one()


def test_proofs_of_a_long_ledger(tmp_path: Path) -> None:
    """More entries are proved at once than one statement asks for."""
    made = a_ledger(tmp_path)
    recorded = made.append(*(a_draft() for _ in range(1100)))
    proof = made.reader.prove(1000, [each.index for each in recorded])

    assert 1100 == len(list(made.reader.entries(0, 1100)))
    for each, proven in zip(recorded, proof.permits, strict=True):
        proofs.verify_inclusion(each.leaf, each.index, 1100, proven.inclusion, proof.head.root)
