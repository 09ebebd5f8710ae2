"""Writes a sample's rows piece by piece, in as many processes as there are.

Law: a piece is a fixed number of places, and each is made of the seed and its own numbers alone, so
the bytes don't depend on how many processes make them.
"""

from __future__ import annotations

import csv
import io
import multiprocessing
import os
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from operator import itemgetter

import pyarrow as pa

from policies.columns import Catalogue
from snapshot.sample_households import Household, Row, rows_of
from snapshot.sample_lives import Part, agent_of, chance_of, life_of, shares_of, sizes_of
from snapshot.sample_roster import agents_of
from snapshot.sample_words import Words

PLACES = 4000
_AHEAD = 2


class Format(StrEnum):
    """The kind of file that an extract is."""

    CSV = "csv"
    PARQUET = "parquet"


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a sample is made of; `as_of` is a cut-off in California's time."""

    agents: int
    consumers: int
    seed: int
    as_of: datetime
    nasty: bool
    format: Format

    @property
    def day(self) -> date:
        """The Friday."""
        return self.as_of.date()


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Rows as a file's bytes: CSV without a header, or one Arrow IPC message; `kinds` counts rows."""

    data: bytes
    kinds: Counter[str]


def pieces_of(order: Order, processes: int | None = None) -> Iterator[Piece]:
    """Yield all pieces in their order, made by that many processes, else by as many as there are cores."""
    sizes = sizes_of(order.seed, order.agents, order.consumers)
    tasks, first = [], 0
    for start in range(0, len(sizes), PLACES):
        some = sizes[start : start + PLACES]
        tasks.append((start, first, some))
        first += sum(some)
    count = min(processes or os.cpu_count() or 1, len(tasks))
    if count == 1:
        maker = _Maker(order)
        yield from (maker.make(*task) for task in tasks)
        return
    # A process of its own from the start: whoever calls may have threads, and a fork would copy their locks.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, mp_context=context, initializer=_begin, initargs=(order,)) as pool:
        under_way: deque[Future[Piece]] = deque()
        for task in tasks:
            under_way.append(pool.submit(_make, *task))
            if len(under_way) > count + _AHEAD:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


class _Maker:
    """Makes pieces of one order."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._words = Words.load()
        self._agents = agents_of(order.seed, order.agents, order.day, self._words)
        self._shares = shares_of(order.seed, order.agents)
        self._columns = [column.name for column in Catalogue.load().columns]
        self._blank = dict.fromkeys(self._columns, "")
        self._values = itemgetter(*self._columns)
        odd_each = max(1, order.consumers // len(self._words.odd))
        places = range(0, order.consumers, odd_each) if order.nasty else ()
        self._odd = dict(zip(places, self._words.odd, strict=False))

    def make(self, place: int, first: int, sizes: bytes) -> Piece:
        """Make the rows of places; `first` is the number of their first consumer."""
        rows = []
        for size in sizes:
            household = self._household(place, first, size)
            who = chance_of(self._order.seed, Part.STAY, place, household.life.stay)
            what = chance_of(self._order.seed, Part.EDITION, place, household.life.edition)
            for consumer, of_it in enumerate(rows_of(household, self._words, who, what), first):
                own = self._odd.get(consumer)
                odd = {own["column"]: own["value"]} if own else {}
                rows += [self._values(self._blank | row | odd) for row in of_it]
            place, first = place + 1, first + size
        kind = self._columns.index("consumer_kind")
        return Piece(
            data=_ENCODERS[self._order.format](self._columns, rows), kinds=Counter(row[kind] for row in rows)
        )

    def _household(self, place: int, first: int, size: int) -> Household:
        order = self._order
        kept = place if place < order.agents else None
        life = life_of(order.seed, place, order.day, is_kept=kept is not None)
        agent: Row = self._agents[agent_of(order.seed, place, life.tenure, self._shares, kept)]
        return Household(
            place=place, first=first, size=size, life=life, agent=agent, as_of=order.as_of.isoformat()
        )


def _as_csv(_: Sequence[str], rows: list[tuple[str, ...]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _as_arrow(columns: Sequence[str], rows: list[tuple[str, ...]]) -> bytes:
    values = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    data: bytes = pa.record_batch(values, names=list(columns)).serialize().to_pybytes()
    return data


_ENCODERS: dict[Format, Callable[[Sequence[str], list[tuple[str, ...]]], bytes]] = {
    Format.CSV: _as_csv,
    Format.PARQUET: _as_arrow,
}
_made: list[_Maker] = []


def _begin(order: Order) -> None:
    _made.append(_Maker(order))


def _make(place: int, first: int, sizes: bytes) -> Piece:
    return _made[0].make(place, first, sizes)
