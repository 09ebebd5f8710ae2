"""Count and find entries by their look-up columns: the facts that the ledger itself holds.

Each function takes the connection of a transaction that is open already, so that what is
counted and what is decided on it belong together.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select

from audit.entry import Entry
from audit.errors import LedgerGapError
from audit.events import Event, Outcome
from audit.stored import answering
from audit.tables import IS_WHOLE, checkpoints, ledger_entries


def count_entries(
    connection: Connection,
    *,
    event: Event,
    outcome: Outcome | None = None,
    agent: str | None = None,
    export: str | None = None,
    actor: str | None = None,
    action: str | None = None,
    since: str | None = None,
    after: int | None = None,
) -> int:
    """Count entries with all the given fields.

    `actor` is an id, `since` RFC 3339 and inclusive, `after` an index and exclusive.
    """
    asked: dict[str, Any] = {
        "event": event,
        "outcome": outcome,
        "agent": agent,
        "export": export,
        "actor": actor,
        "action": action,
        "since": since,
        "after": after,
    }
    given = {name: value for name, value in asked.items() if value is not None}
    with answering():
        return int(connection.execute(_counting(tuple(given)), given).scalar_one())


def count_for_reason(
    connection: Connection,
    *,
    event: Event,
    outcome: Outcome,
    actor: str,
    reason: str,
    since: str,
    after: int | None = None,
) -> int:
    """Count entries of an actor that carry a reason; the bounds are as in `count_entries`."""
    entry = ledger_entries.c
    query = select(entry.entry).where(
        entry.event == event, entry.outcome == outcome, entry.actor == actor, entry.at >= since
    )
    if after is not None:
        query = query.where(entry["index"] > after)
    # In canonical JSON a field stands in one way, and no text in it holds a quote.
    carried = f'"reason":"{reason}"'.encode()
    with answering():
        return sum(carried in data for data in connection.execute(query).scalars())


@cache
def _counting(names: tuple[str, ...]) -> Select[Any]:
    """Return the query that counts by these fields; made once, since making it takes longer than asking."""
    entry = ledger_entries.c
    bounds = {
        "since": entry.at >= bindparam("since"),
        "after": entry["index"] > bindparam("after"),
    }
    conditions = [bounds[name] if name in bounds else entry[name] == bindparam(name) for name in names]
    return select(func.count()).select_from(ledger_entries).where(*conditions)


def find_entries(connection: Connection, *, event: Event, export: str, action: str) -> list[Entry]:
    """Return an export's entries of an event at an action, oldest first."""
    entry = ledger_entries.c
    query = select(entry.entry).where(entry.export == export, entry.event == event, entry.action == action)
    with answering():
        found = connection.execute(query.order_by(entry["index"])).scalars()
        return [Entry.decode(data) for data in found]


def newest_index(connection: Connection, *, event: Event, export: str) -> int:
    """Return the index of an export's newest entry of an event, or raise LedgerGapError."""
    entry = ledger_entries.c
    query = select(func.max(entry["index"])).where(entry.event == event, entry.export == export)
    with answering():
        found = connection.execute(query).scalar()
    if found is None:
        raise LedgerGapError(f"the ledger holds no {event.value} of that export")
    return int(found)


def signed_size(connection: Connection) -> int:
    """Return how many entries the newest stored checkpoint covers; 0 before the first."""
    with answering():
        return connection.execute(select(func.max(checkpoints.c.size))).scalar() or 0


def ranges_length(connection: Connection, *, event: Event, action: str, actor: str, since: str) -> int:
    """Return the length of all ranges that an actor's entries carry, since a moment inclusive."""
    entry = ledger_entries.c
    query = select(entry.entry).where(
        entry.event == event, entry.action == action, entry.actor == actor, entry.at >= since, IS_WHOLE
    )
    with answering():
        # `append` wrote these bytes; reading them strictly takes ten times as long, under the actor's lock.
        carried = [json.loads(data).get("ranges", ()) for data in connection.execute(query).scalars()]
    return sum(end - first for ranges in carried for first, end in ranges)
