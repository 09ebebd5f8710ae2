"""What the ledger last took down of people: the newest keyed digest of each one's record.

Who makes and compares digests has the key (`store.records`); the ledger keeps them and can't read them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, Select, func, select

from audit.events import Event
from audit.stored import answering
from audit.tables import ledger_entries, ledger_records


def newest_record(connection: Connection, person: str) -> str | None:
    """Return the digest that a person's newest entry with one carries, or None where there is none."""
    kept = ledger_records.c
    query = select(kept.record).where(kept.person == person).order_by(kept["index"].desc()).limit(1)
    with answering():
        return connection.execute(query).scalar()


def all_newest_records(connection: Connection) -> dict[str, str]:
    """Return everybody's newest digest by their id, from one pass over the look-ups."""
    kept = ledger_records.c
    newest: Select[tuple[str, int]] = select(kept.person, func.max(kept["index"]).label("last"))
    last = newest.group_by(kept.person).subquery()
    query = select(kept.person, kept.record).join(
        last, (kept.person == last.c.person) & (kept["index"] == last.c.last)
    )
    with answering():
        return {row.person: row.record for row in connection.execute(query)}


def newest_moment(connection: Connection, *, event: Event, actors: Sequence[str]) -> str | None:
    """Return when (RFC 3339) one of these actors last had an entry of an event; None where there is none."""
    entry = ledger_entries.c
    query = select(func.max(entry.at)).where(entry.actor.in_(actors), entry.event == event)
    with answering():
        return connection.execute(query).scalar()


def records_between(connection: Connection, start: int, stop: int) -> Iterator[tuple[int, str, str]]:
    """Yield the look-ups of entries `start` to `stop` (exclusive): index, person, digest."""
    kept = ledger_records.c
    query = select(kept["index"], kept.person, kept.record).where(
        kept["index"] >= start, kept["index"] < stop
    )
    for place, person, record in connection.execute(query):
        yield place, person, record
