"""Find the few entries of a rare action: approvals, broken glasses, released locks, reviews.

Law: what is found is read strictly, since it decides something; the look-up columns only lead to it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, select

from audit.entry import Entry
from audit.events import Event
from audit.stored import answering
from audit.tables import ledger_entries


@dataclass(frozen=True, kw_only=True)
class Found:
    """An entry and its place in the ledger."""

    index: int
    entry: Entry


def entries_of(
    connection: Connection, *, action: str, events: Collection[Event], since: str | None = None
) -> list[Found]:
    """Return an action's entries of some events in the ledger's order, since a moment (inclusive)."""
    entry = ledger_entries.c
    query = select(entry["index"], entry.entry).where(
        entry.action == action, entry.event.in_(sorted(event.value for event in events))
    )
    if since is not None:
        query = query.where(entry.at >= since)
    with answering():
        rows = connection.execute(query.order_by(entry["index"])).all()
        return [Found(index=index, entry=Entry.decode(data)) for index, data in rows]
