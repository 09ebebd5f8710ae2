"""The benches' books: the same typed data for every writer, and the sizes of the storm.

Sixty columns of the catalogue, 14.7 in 100 cells blank, values as real ones are: choices of the catalogue,
names, streets, numbers that differ from row to row. Nothing in it is anybody's.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Final

import pyarrow as pa

from book.notice import Notice, Party
from policies.arrow_types import ARROW_TYPE_OF
from policies.columns import Catalogue, Column, ColumnType
from policies.table import PermittedTable

AGENT: Final = "0G58139"
COLUMNS: Final = 60
BLANK: Final = 0.147
AS_OF: Final = datetime(2026, 11, 21, 5, tzinfo=UTC)
LARGEST: Final = 60_000
_MEDIAN: Final = 60
_WORDS: Final = ("Alder", "Bay", "Cedar", "Delta", "Elm", "Foothill", "Grove", "Harbor", "Iris", "Juniper")
_FILLED: Final = ("agent_license_number", "snapshot_as_of")


@cache
def catalogue() -> Catalogue:
    """Return the shipped catalogue."""
    return Catalogue.load()


def columns() -> tuple[Column, ...]:
    """Return the columns of the benches' books, the agent's among them."""
    return tuple(catalogue().columns[:COLUMNS])


_MAKERS: Final[dict[ColumnType, Callable[[random.Random], Any]]] = {
    ColumnType.DATE: lambda rng: rng.randrange(20_000),
    ColumnType.DATETIME: lambda _: AS_OF,
    ColumnType.MONEY: lambda rng: Decimal(rng.randrange(150_000)) / 100,
    ColumnType.INT: lambda rng: rng.randrange(12),
    ColumnType.BOOL: lambda rng: rng.randrange(2) == 1,
}


def _value(column: Column, rng: random.Random) -> Any:
    if column.name == "agent_license_number":
        return AGENT
    if make := _MAKERS.get(column.type):
        return make(rng)
    if column.values:
        return rng.choice(tuple(column.values))
    return f"{rng.choice(_WORDS)} {rng.randrange(10**7)}"


@cache
def a_table(rows: int) -> pa.Table:
    """Return rows under the catalogue's types; the same for the same count."""
    rng = random.Random(rows)
    arrays = []
    for column in columns():
        blank = 0.0 if column.name in _FILLED else BLANK
        cells = [None if rng.random() < blank else _value(column, rng) for _ in range(rows)]
        kind = ARROW_TYPE_OF[column.type]
        arrays.append(
            pa.array(cells, pa.int32()).cast(kind) if kind == pa.date32() else pa.array(cells, kind)
        )
    return pa.table(arrays, names=[column.name for column in columns()])


def permitted(data: pa.Table) -> PermittedTable:
    """Return the table as the gate would hand it over."""
    return PermittedTable(
        columns=columns(),
        data=data,
        agent=AGENT,
        columns_digest="0" * 64,
        pseudonyms=(),
        withheld=0,
        blanked=(),
    )


def notice(rows: int) -> Notice:
    """Return the Notice of such a book."""
    agent = Party(name="Tina Ward", license_number=AGENT)
    return Notice(
        request_id="0b6ab0b2-52a6-4b3e-9d7b-6c7f3a1a9a11",
        agent=agent,
        requested_by=agent,
        recipient=agent,
        purpose="service-delegated-consumers",
        profile="agent",
        as_of=AS_OF,
        next_as_of=datetime(2026, 11, 28, 5, tzinfo=UTC),
        snapshot_digest="5e" * 32,
        revision=1,
        rows=rows,
        withheld=0,
        access_ends=datetime(2026, 12, 5, 8, tzinfo=UTC),
        report_to="Write to privacy@exchange.example or call (800) 555-0100.",
    )


def storm(books: int) -> list[int]:
    """Return the rows of each book of a storm: log-normal, median 60, mean about 148, at most 60,000."""
    rng = random.Random(12_000)
    sizes = [max(1, min(LARGEST, round(_MEDIAN * math.exp(1.344 * rng.gauss(0, 1))))) for _ in range(books)]
    sizes[0] = LARGEST
    return sizes
