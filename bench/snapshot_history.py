"""Who held one consumer's data when, over ten years of weekly snapshots.

The history is written as imports write it, by the room's own functions for the yearly beginnings
(pseudonyms have their year, so each January all pairs are new) and in the same rows for the weeks
between; a quarter of a percent of all consumers change their agent each week.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, insert, update

from bench.table import LIMIT, Ratio
from runtime.clock import rfc3339
from runtime.database import migrate, open_database, reading, writing
from snapshot.delegations import intervals_of
from snapshot.pairs import PairSet, pack_licence, write_pseudonym
from snapshot.tables import State, delegation_changes, delegation_imports, snapshots
from snapshot.upkeep import forget_old_pairs, write_changes

GOAL_SECONDS: Final = 10e-3
_FIRST: Final = datetime(2017, 1, 6, tzinfo=UTC)
_WEEKS_A_YEAR = 52
_MOVE_EACH = 400
_LOOK_UPS = 200
_ROWS_AT_ONCE = 100_000


def measure_history(*, quick: bool) -> list[Ratio]:
    """Measure look-ups of consumers by all their pseudonyms, by the median and the longest."""
    consumers, agents, years = (144_000, 1000, 2) if quick else (1_800_000, 12_000, 10)
    chance = random.Random(15)
    with tempfile.TemporaryDirectory(prefix="sbb-") as folder:
        engine = open_database(f"sqlite:///{Path(folder) / 'house.db'}")
        migrate(engine)
        history = _History(engine, chance, consumers, agents)
        for year in range(years):
            history.live_a_year(_FIRST.year + year)
        asked = [chance.randrange(consumers) for _ in range(_LOOK_UPS)]
        seconds, found = [], 0
        for consumer in asked:
            start = time.perf_counter()
            with reading(engine) as connection:
                intervals = intervals_of(connection, history.names_of(consumer))
            seconds.append(time.perf_counter() - start)
            found += len(intervals)
        engine.dispose()
    taken = statistics.median(seconds)
    note = (
        f"{taken * 1e3:.2f} ms of {GOAL_SECONDS * 1e3:.0f} ms, the longest {max(seconds) * 1e3:.1f} ms; "
        f"{history.changes:,} changes, {found / _LOOK_UPS:.1f} intervals each"
    )
    weeks = years * _WEEKS_A_YEAR
    return [
        Ratio(
            work=f"look up who held a consumer's data: {weeks} weeks, {consumers:,} consumers",
            against=LIMIT,
            ratio=taken / GOAL_SECONDS,
            goal=1,
            note=note,
        )
    ]


class _History:
    """Who has whom, week after week; `changes` counts what was written between the years' beginnings."""

    def __init__(self, engine: Engine, chance: random.Random, consumers: int, agents: int) -> None:
        self.changes = 0
        self._engine = engine
        self._chance = chance
        self._licences = [f"0{'BCDEFGHIK'[place % 9]}{10_000 + 7 * place:05d}" for place in range(agents)]
        self._packed = [pack_licence(each) for each in self._licences]
        self._agent_of = [chance.randrange(agents) for _ in range(consumers)]
        self._years: list[tuple[int, bytes]] = []
        self._week = 0

    def names_of(self, consumer: int) -> list[str]:
        """Return a consumer's pseudonyms of all years."""
        return [write_pseudonym(_packed_name(year, bits, consumer)) for year, bits in self._years]

    def live_a_year(self, year: int) -> None:
        """Write a year's beginning, which is full, and the changes of its other weeks."""
        consumers = len(self._agent_of)
        bits = self._chance.randbytes(16 * consumers)
        self._years.append((year, bits))
        pairs = PairSet()
        pairs.add(
            _packed_name(year, bits, place) + self._packed[agent]
            for place, agent in enumerate(self._agent_of)
        )
        attempt = self._attempt()
        write_changes(self._engine, attempt, pairs)
        self._publish(attempt)
        forget_old_pairs(self._engine)
        rows: list[dict[str, object]] = []
        for _ in range(_WEEKS_A_YEAR - 1):
            number = self._import(self._attempt())
            for place in self._chance.sample(range(consumers), consumers // _MOVE_EACH):
                rows += self._move(number, _packed_name(year, bits, place), place)
            if len(rows) > _ROWS_AT_ONCE:
                self._write(rows)
        self._write(rows)

    def _move(self, number: int, pseudonym: bytes, place: int) -> Iterator[dict[str, object]]:
        before = self._agent_of[place]
        after = (before + 1 + self._chance.randrange(len(self._licences) - 1)) % len(self._licences)
        self._agent_of[place] = after
        for agent, begins in ((before, False), (after, True)):
            yield {
                "pseudonym": pseudonym,
                "agent": self._licences[agent],
                "number": number,
                "begins": begins,
            }

    def _write(self, rows: list[dict[str, object]]) -> None:
        with writing(self._engine) as connection:
            if rows:
                connection.execute(insert(delegation_changes), rows)
        self.changes += len(rows)
        rows.clear()

    def _attempt(self) -> str:
        """Add the next week's attempt, not yet published."""
        attempt, moment = f"A{self._week}", rfc3339(_FIRST + timedelta(weeks=self._week))
        self._week += 1
        with writing(self._engine) as connection:
            connection.execute(
                insert(snapshots).values(
                    attempt=attempt,
                    as_of=moment,
                    revision=1,
                    state=State.CHECKED,
                    digest=f"{self._week:064x}",
                    source_sha256="ab" * 32,
                    rows=1,
                    agents=1,
                    begun_at=moment,
                )
            )
        return attempt

    def _import(self, attempt: str) -> int:
        with writing(self._engine) as connection:
            made = insert(delegation_imports).values(attempt=attempt, base=None, full=False, written=True)
            number: int = connection.execute(made.returning(delegation_imports.c.number)).scalar_one()
        self._publish(attempt)
        return number

    def _publish(self, attempt: str) -> None:
        with writing(self._engine) as connection:
            moved = update(snapshots).where(snapshots.c.attempt == attempt)
            connection.execute(moved.values(state=State.PUBLISHED, published_at=rfc3339(_FIRST)))


def _packed_name(year: int, bits: bytes, place: int) -> bytes:
    return year.to_bytes(2, "big") + bits[16 * place : 16 * place + 16]
