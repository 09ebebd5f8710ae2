"""Appending to the ledger beside bare INSERTs of the same rows, on SQLite and on PostgreSQL.

Laws of this file:
1. The peer inserts what `ledger_entries` holds of the same entries, made beforehand, into a table
   of the same columns and indexes without a trigger, by the driver itself, in the same database
   and with the same durability. No look-ups of rules, no tree, no head, no check, no encoding.
2. Ledger and peer take turns; the ratio is the median over the turns. The note has the ratio to a
   table of the bare bytes too, without look-ups and indexes, and the times.
3. Files lie on a disk, since a commit in memory costs nothing.
"""

from __future__ import annotations

import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
from sqlalchemy import Engine

from audit.entry import Actor, Draft, Resource, SnapshotRef
from audit.events import Event, Outcome
from audit.ledger import Ledger
from bench.table import Ratio
from runtime.clock import HouseClock, rfc3339
from runtime.database import migrate, open_database, writing
from tests.postgres import postgres_programs, start_postgres

BATCH: Final = 500
_GOALS: Final = {1: 0.7, BATCH: 0.25}
_COLUMNS: Final = ("index", "leaf", "entry", "at", "event", "action", "outcome", "actor", "agent", "export",
                   "fencing")  # fmt: skip
_NAMES: Final = ", ".join(f'"{name}"' for name in _COLUMNS)
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


def _row(one: Any) -> tuple[Any, ...]:
    entry = one.entry
    looked_up = (entry.at, entry.event.value, entry.action, entry.outcome.value, entry.actor.id)
    return (one.index, one.leaf, one.encoded, *looked_up, entry.agent, entry.export, entry.fencing)


@contextmanager
def _sqlite(folder: Path) -> Iterator[Peers]:
    engine = open_database(f"sqlite:///{folder / 'house.db'}")
    migrate(engine)
    with closing(sqlite3.connect(folder / "peer.db", isolation_level=None)) as peer:
        peer.execute("PRAGMA journal_mode=WAL")
        peer.execute("PRAGMA synchronous=FULL")
        with closing(sqlite3.connect(folder / "house.db")) as house:
            made = "SELECT sql FROM sqlite_master WHERE tbl_name = 'ledger_entries' AND type <> 'trigger'"
            for (statement,) in house.execute(made):
                if statement:
                    peer.execute(statement)
        peer.execute('CREATE TABLE bare ("index" INTEGER PRIMARY KEY, entry BLOB NOT NULL)')

        def insert(table: str, names: str) -> Insert:
            marks = ", ".join("?" for _ in names.split(","))
            statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - our own names

            def inserted(rows: list[Any]) -> None:
                peer.execute("BEGIN IMMEDIATE")
                peer.executemany(statement, rows)
                peer.execute("COMMIT")

            return inserted

        yield Peers(
            name="SQLite",
            engine=engine,
            shaped=insert("ledger_entries", _NAMES),
            bare=insert("bare", '"index", entry'),
        )
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
        with psycopg.connect(host=str(home), user="postgres", dbname="house") as peer:
            peer.execute("CREATE TABLE shaped (LIKE ledger_entries INCLUDING ALL)")
            peer.execute("CREATE TABLE bare (index bigint PRIMARY KEY, entry bytea NOT NULL)")
            peer.commit()

            def insert(table: str, names: str) -> Insert:
                marks = ", ".join("%b" if name.strip(' "') in {"leaf", "entry"} else "%s" for name in names.split(","))
                statement = f"INSERT INTO {table} ({names}) VALUES ({marks})".encode()  # noqa: S608 - our own names

                def inserted(rows: list[Any]) -> None:
                    with peer.cursor() as cursor:
                        if len(rows) == 1:
                            cursor.execute(statement, rows[0])
                        else:
                            cursor.executemany(statement, rows)
                    peer.commit()

                return inserted

            yield Peers(
                name="PostgreSQL",
                engine=engine,
                shaped=insert("shaped", _NAMES),
                bare=insert("bare", '"index", entry'),
            )
        engine.dispose()
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)
