"""Writes down, with each import, which delegations began and which ended, and the agents' counts of rows.

Laws
1. Changes are written; or where they are many (the first import; the first of a year, which has
   pseudonyms of its own) all pairs, packed, to stay: a full import. Both in small transactions
   with a rest between them: an append to the ledger waits for one of them at most.
2. They count when their snapshot is published (`delegations.py` asks), so a crash leaves lines
   that nobody sees; the sweep takes them away with the attempt.
3. They are changes against one base, the newest published import; whoever publishes another one
   meanwhile makes this one stale, and it is compared anew.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from itertools import islice

from sqlalchemy import Connection, Engine, Table, delete, exists, insert, select, update

from runtime.database import reading, writing
from snapshot.changes import Kept
from snapshot.pairs import BUCKETS, PairSet, compare, pack_bucket, read_bucket, read_pair, year_of
from snapshot.published import newest_row
from snapshot.tables import delegation_changes, delegation_imports, delegation_pairs, snapshot_agents

CHUNK_ROWS = 1000
CHUNK_BUCKETS = 8
CHUNK_PAIRS = 16_000
FULL_FROM = 0.25
_REST_SHARE = 2
_LEAST_REST_SECONDS, _MOST_REST_SECONDS = 0.002, 0.02


def newest_import(connection: Connection) -> int | None:
    """Return the number of the newest published import, None before the first."""
    row = newest_row(connection)
    if row is None:
        return None
    query = select(delegation_imports.c.number).where(delegation_imports.c.attempt == row["attempt"])
    return connection.execute(query).scalar()


def write_changes(engine: Engine, attempt: str, pairs: PairSet) -> Kept:
    """Write what an attempt's pairs change, and the pairs themselves for the import after it."""
    with reading(engine) as connection:
        base = newest_import(connection)
    with writing(engine) as connection:
        made = insert(delegation_imports).values(attempt=attempt, base=base, full=False, written=False)
        (number,) = connection.execute(made.returning(delegation_imports.c.number)).one()
    changes: list[tuple[bytes, bool]] = []
    years: set[int] = set()

    def packed() -> Iterator[dict[str, object]]:
        for bucket in range(BUCKETS):
            after = pairs.bucket(bucket)
            if base is not None:
                changes.extend(compare(_base_pairs(engine, base, bucket), after))
            if after:
                ordered = sorted(after)
                years.update(map(year_of, (ordered[0], ordered[-1])))
                yield {"number": number, "bucket": bucket, "pairs": pack_bucket(ordered)}

    _write(engine, delegation_pairs, packed(), at_once=max(1, CHUNK_PAIRS * BUCKETS // max(1, len(pairs))))
    is_full = base is None or len(changes) > len(pairs) * FULL_FROM
    if not is_full:
        rows = ({**_row(pair), "number": number, "begins": begins} for pair, begins in changes)
        _write(engine, delegation_changes, rows, at_once=CHUNK_ROWS)
    with writing(engine) as connection:
        mine = delegation_imports.c.number == number
        of_it = {"full": is_full, "written": True, "year": years.pop() if len(years) == 1 else None}
        connection.execute(update(delegation_imports).where(mine).values(**of_it))
    if base is None:
        return Kept(held=len(pairs), begun=len(pairs), ended=0)
    begun = sum(begins for _, begins in changes)
    if len({year_of(pair) for pair, _ in changes}) > 1:
        return Kept(held=len(pairs), begun=None, ended=None)
    return Kept(held=len(pairs), begun=begun, ended=len(changes) - begun)


def write_agents(engine: Engine, attempt: str, rows: Mapping[str, int]) -> None:
    """Write how many rows an attempt has of each agent; they count as its changes do."""
    lines = ({"attempt": attempt, "agent": agent, "rows": count} for agent, count in sorted(rows.items()))
    _write(engine, snapshot_agents, lines, at_once=CHUNK_ROWS)


def _write(engine: Engine, table: Table, rows: Iterator[dict[str, object]], *, at_once: int) -> None:
    while some := list(islice(rows, at_once)):
        start = time.monotonic()
        with writing(engine) as connection:
            connection.execute(insert(table), some)
        # Who waits for SQLite's lock asks again and again: it is free for most of the time.
        rest = _REST_SHARE * (time.monotonic() - start)
        time.sleep(min(max(_LEAST_REST_SECONDS, rest), _MOST_REST_SECONDS))


def _row(packed: bytes) -> dict[str, object]:
    pair = read_pair(packed)
    return {"pseudonym": pair.pseudonym, "agent": pair.agent}


def is_current(connection: Connection, attempt: str) -> bool:
    """Tell whether an attempt's changes are all written, against the import that is the newest now."""
    query = select(delegation_imports).where(delegation_imports.c.attempt == attempt)
    row = connection.execute(query).mappings().first()
    return row is not None and bool(row["written"]) and row["base"] == newest_import(connection)


def base_of(connection: Connection, attempt: str) -> str | None:
    """Return the attempt that an attempt's changes are against, None for the first."""
    base = delegation_imports.alias()
    query = (
        select(base.c.attempt)
        .join(delegation_imports, delegation_imports.c.base == base.c.number)
        .where(delegation_imports.c.attempt == attempt)
    )
    return connection.execute(query).scalar()


def forget(engine: Engine, attempt: str) -> None:
    """Take away what an attempt that came to nothing had written."""
    with reading(engine) as connection:
        query = select(delegation_imports.c.number).where(delegation_imports.c.attempt == attempt)
        number = connection.execute(query).scalar()
    if number is None:
        return
    # Oldest import last would orphan nothing: a base is always a published one.
    while True:
        with writing(engine) as connection:
            some = (
                select(delegation_changes.c.pseudonym)
                .where(delegation_changes.c.number == number)
                .limit(CHUNK_ROWS)
            )
            gone = connection.execute(
                delete(delegation_changes).where(
                    delegation_changes.c.number == number, delegation_changes.c.pseudonym.in_(some)
                )
            ).rowcount
        if not gone:
            break
        time.sleep(_LEAST_REST_SECONDS)
    forget_pairs(engine, number)
    with writing(engine) as connection:
        connection.execute(delete(snapshot_agents).where(snapshot_agents.c.attempt == attempt))
        connection.execute(delete(delegation_imports).where(delegation_imports.c.number == number))


def forget_old_pairs(engine: Engine) -> None:
    """Take away the packed pairs that nothing will be compared with: of old imports that aren't full."""
    newer = delegation_imports.alias()
    with reading(engine) as connection:
        newest = newest_import(connection)
        old = (
            select(delegation_pairs.c.number)
            .distinct()
            .join(delegation_imports, delegation_imports.c.number == delegation_pairs.c.number)
            .where(~delegation_imports.c.full, delegation_imports.c.number < (newest or 0))
            .where(~exists().where(newer.c.base == delegation_imports.c.number, ~newer.c.written))
        )
        numbers = list(connection.execute(old).scalars())
    for number in numbers:
        forget_pairs(engine, number)


def forget_pairs(engine: Engine, number: int) -> None:
    """Take away an import's packed pairs, bucket by bucket: nothing will be compared with them."""
    for first in range(0, BUCKETS, CHUNK_BUCKETS):
        with writing(engine) as connection:
            some = delegation_pairs.c.bucket.between(first, first + CHUNK_BUCKETS - 1)
            connection.execute(delete(delegation_pairs).where(delegation_pairs.c.number == number, some))


def _base_pairs(engine: Engine, base: int | None, bucket: int) -> set[bytes]:
    if base is None:
        return set()
    with reading(engine) as connection:
        of_it = delegation_pairs.c.number == base, delegation_pairs.c.bucket == bucket
        data = connection.execute(select(delegation_pairs.c.pairs).where(*of_it)).scalar()
    return read_bucket(data) if data else set()
