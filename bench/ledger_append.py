"""Appending to the ledger beside bare INSERTs of the same rows, on SQLite and on PostgreSQL.

Laws of this file:
1. The peer inserts what `ledger_entries` holds of the same entries, made beforehand, into a table
   of the same columns and indexes without a trigger, in the same database and with the same
   durability: no tree, no head, no check, no encoding. Both work in the house's own transactions
   (`runtime.database.writing`), and the peer speaks to the driver itself there.
2. Ledger and peer take turns; the ratio is the median over the turns. The note has the ratio to a
   table of the bare bytes too, without look-ups and indexes, and the times.
3. Files lie on a disk, since a commit in memory costs nothing.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine

from audit.entry import Actor, Draft, Resource, SnapshotRef
from audit.events import Event, Outcome
from audit.ledger import Ledger, Recorded
from audit.tables import ledger_entries
from bench.table import Ratio
from runtime.clock import HouseClock, rfc3339
from runtime.database import migrate, open_database, reading, writing
from tests.postgres import postgres_programs, start_postgres

BATCH: Final = 500
_GOALS: Final = {1: 0.7, BATCH: 0.25}
_COLUMNS: Final = tuple(column.name for column in ledger_entries.columns)
Insert = Callable[[list[Any]], None]


@dataclass(frozen=True, kw_only=True)
class Peers:
    """One database: the ledger's engine, and two tables that rows are inserted into."""

    name: str
    engine: Engine
    shaped: Insert
    bare: Insert


def measure(*, quick: bool) -> list[Ratio]:
    """Return the ratios of single appends and of batches on both databases."""
    ratios = []
    for opened in (_sqlite, _postgres):
        with tempfile.TemporaryDirectory(prefix="sealedbook-bench-") as folder, opened(Path(folder)) as peers:
            turns = 5 if quick else 15
            ratios += [_compare(peers, width, turns) for width in (1, BATCH)]
    return ratios


def _compare(peers: Peers, width: int, turns: int) -> Ratio:
    ledger, drafts = Ledger(HouseClock()), [_draft() for _ in range(BATCH)]
    batches = [drafts[start : start + width] for start in range(0, BATCH, width)] * (1 if width == 1 else 4)
    shaped, bare, own = [], [], []
    for turn in range(turns + 1):
        start = time.perf_counter()
        made = []
        for batch in batches:
            with writing(peers.engine) as connection:
                made.append(ledger.append(connection, batch))
        spent = time.perf_counter() - start
        rows = [[_row(one) for one in batch] for batch in made]
        beside = _spent(peers.shaped, rows)
        alone = _spent(peers.bare, [[(row[0], row[2]) for row in batch] for batch in rows])
        if turn:  # the first turn warms caches up
            own.append(spent)
            shaped.append(beside / spent)
            bare.append(alone / spent)
    count = len(batches) * width
    what = "appends, one commit each" if width == 1 else f"appends in batches of {width}"
    return Ratio(
        work=f"{what}, {peers.name}",
        against="bare INSERT",
        ratio=statistics.median(shaped),
        goal=_GOALS[width],
        note=f"{statistics.median(own) / count * 1e6:.0f} µs an entry; "
        f"{statistics.median(bare):.2f} of a table of bytes without look-ups",
    )


def _spent(insert: Insert, batches: list[list[Any]]) -> float:
    start = time.perf_counter()
    for batch in batches:
        insert(batch)
    return time.perf_counter() - start


def _draft() -> Draft:
    """Return a decision as an agent's request makes it: some 900 bytes."""
    export = "0f1e2d3c-4b5a-4697-8877-665544332211"
    return Draft(
        event=Event.EXPORT_REQUESTED,
        outcome=Outcome.PERMIT,
        actor=Actor(kind="person", id="p-7f3a", role="agent", session="5e" * 32, amr=("pwd", "otp")),
        client="192.0.2.7",
        action="RequestExport",
        resource=Resource(kind="export", id=export),
        purpose="service-delegated-consumers",
        rules=(),
        policy="0c" * 32,
        expires=rfc3339(HouseClock().now()),
        agent="0B65625",
        export=export,
        channel="email",
        fencing=1,
        snapshot=SnapshotRef(as_of="2026-11-21T05:00:00.000000Z", revision=1, digest="ab" * 32),
        recipient="cd" * 32,
    )


def _row(one: Recorded) -> tuple[Any, ...]:
    entry = one.entry
    looked_up = (entry.at, entry.event.value, entry.action, entry.outcome.value, entry.actor.id)
    return (one.index, one.leaf, one.encoded, *looked_up, entry.agent, entry.export, entry.fencing)


def _insert(engine: Engine, table: str, marks: list[str]) -> Insert:
    """Return what inserts rows into a table in a transaction of its own, by the driver's own cursor."""
    statement = f"INSERT INTO {table} VALUES ({', '.join(marks)})"  # noqa: S608 - our own names

    def insert(rows: list[Any]) -> None:
        with writing(engine) as connection:
            driver: Any = connection.connection.driver_connection
            with closing(driver.cursor()) as cursor:
                if len(rows) == 1:
                    cursor.execute(statement, rows[0])
                else:
                    cursor.executemany(statement, rows)

    return insert


@contextmanager
def _sqlite(folder: Path) -> Iterator[Peers]:
    engine = open_database(f"sqlite:///{folder / 'house.db'}")
    migrate(engine)
    beside = open_database(f"sqlite:///{folder / 'peer.db'}")
    with reading(engine) as house, writing(beside) as peer:
        made = "SELECT sql FROM sqlite_master WHERE tbl_name = 'ledger_entries' AND type <> 'trigger'"
        for statement in house.exec_driver_sql(made).scalars():
            if statement:
                peer.exec_driver_sql(statement)
        peer.exec_driver_sql('CREATE TABLE bare ("index" INTEGER PRIMARY KEY, entry BLOB NOT NULL)')
    yield Peers(
        name="SQLite",
        engine=engine,
        shaped=_insert(beside, "ledger_entries", ["?"] * len(_COLUMNS)),
        bare=_insert(beside, "bare", ["?", "?"]),
    )
    beside.dispose()
    engine.dispose()


@contextmanager
def _postgres(folder: Path) -> Iterator[Peers]:
    if postgres_programs() is None:
        raise RuntimeError("this machine lacks PostgreSQL (postgresql), which the bench measures")
    home = Path(tempfile.mkdtemp(prefix="pg-", dir=folder.parent))
    server = start_postgres(home)
    try:
        server.administer("CREATE DATABASE house TEMPLATE template0")
        engine = open_database(server.url("house"))
        migrate(engine)
        with writing(engine) as connection:
            connection.exec_driver_sql("CREATE TABLE shaped (LIKE ledger_entries INCLUDING ALL)")
            connection.exec_driver_sql("CREATE TABLE bare (index bigint PRIMARY KEY, entry bytea NOT NULL)")
        marks = ["%b" if name in {"leaf", "entry"} else "%s" for name in _COLUMNS]
        yield Peers(
            name="PostgreSQL",
            engine=engine,
            shaped=_insert(engine, "shaped", marks),
            bare=_insert(engine, "bare", ["%s", "%b"]),
        )
        engine.dispose()
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)
