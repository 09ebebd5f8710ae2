"""Find the few entries of a rare action: approvals, broken glasses, released locks, reviews.

Law: what is found is read strictly, since it decides something; the look-up columns only lead to it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, func, select

from audit.entry import Entry
from audit.events import DECISIONS, Event, Outcome
from audit.stored import answering
from audit.tables import IS_WHOLE, ledger_entries
from runtime.clock import rfc3339

_NEWEST = 5000


@dataclass(frozen=True, kw_only=True)
class Found:
    """An entry and its place in the ledger."""

    index: int
    entry: Entry


def newest_of(connection: Connection, *, action: str, event: Event) -> Found | None:
    """Return an action's newest entry of an event, or None."""
    entry = ledger_entries.c
    query = select(entry["index"], entry.entry).where(
        entry.action == action, entry.event == event.value, IS_WHOLE
    )
    with answering():
        row = connection.execute(query.order_by(entry["index"].desc()).limit(1)).one_or_none()
        return row and Found(index=row[0], entry=Entry.decode(row[1]))


def entries_of(
    connection: Connection, *, action: str, events: Collection[Event], since: str | None = None
) -> list[Found]:
    """Return an action's entries of some events in the ledger's order, since a moment (inclusive)."""
    entry = ledger_entries.c
    query = select(entry["index"], entry.entry).where(
        entry.action == action, entry.event.in_(sorted(event.value for event in events)), IS_WHOLE
    )
    if since is not None:
        query = query.where(entry.at >= since)
    with answering():
        rows = connection.execute(query.order_by(entry["index"])).all()
        return [Found(index=index, entry=Entry.decode(data)) for index, data in rows]


def entries_of_agent(
    connection: Connection, agent: str, *, event: Event, since: str | None = None, until: str | None = None
) -> list[Found]:
    """Return an agent's entries of an event in the ledger's order; `since` inclusive, `until` exclusive."""
    entry = ledger_entries.c
    query = select(entry["index"], entry.entry).where(
        entry.agent == agent, entry.event == event.value, IS_WHOLE
    )
    if since is not None:
        query = query.where(entry.at >= since)
    if until is not None:
        query = query.where(entry.at < until)
    with answering():
        rows = connection.execute(query.order_by(entry["index"])).all()
        return [Found(index=index, entry=Entry.decode(data)) for index, data in rows]


def entries_of_export(connection: Connection, export: str, *, event: Event) -> list[Found]:
    """Return an export's entries of an event in the ledger's order."""
    entry = ledger_entries.c
    query = select(entry["index"], entry.entry).where(
        entry.export == export, entry.event == event.value, IS_WHOLE
    )
    with answering():
        rows = connection.execute(query.order_by(entry["index"])).all()
        return [Found(index=index, entry=Entry.decode(data)) for index, data in rows]


def actors_of(
    connection: Connection, *, action: str, event: Event, outcome: Outcome, since: str
) -> list[str]:
    """Return who is named by an action's newest entries of an event and outcome, since a moment."""
    entry = ledger_entries.c
    newest = (
        select(entry.actor, entry.at, entry.event, entry.outcome)
        .where(entry.action == action)
        .order_by(entry["index"].desc())
        .limit(_NEWEST)
        .subquery()
    ).c
    query = select(newest.actor).where(
        newest.event == event.value, newest.outcome == outcome.value, newest.at >= since
    )
    with answering():
        return sorted(connection.execute(query.distinct()).scalars())


def decisions_from(
    connection: Connection, start: int, *, since: datetime | None = None, limit: int
) -> list[Found]:
    """Return decisions from an index on, in the ledger's order, since a moment (aware, inclusive)."""
    entry = ledger_entries.c
    query = select(entry["index"], entry.entry).where(
        entry["index"] >= start, entry.event.in_(sorted(event.value for event in DECISIONS)), IS_WHOLE
    )
    if since is not None:
        query = query.where(entry.at >= rfc3339(since.astimezone(UTC)))
    with answering():
        rows = connection.execute(query.order_by(entry["index"]).limit(limit)).all()
        return [Found(index=index, entry=Entry.decode(data)) for index, data in rows]


def founded_at(connection: Connection) -> str | None:
    """Return when the first entry was recorded (RFC 3339), pruned or not; None of an empty ledger."""
    query = select(ledger_entries.c.at).where(ledger_entries.c["index"] == 0)
    with answering():
        return connection.execute(query).scalar_one_or_none()


def newest_pruned(connection: Connection) -> str | None:
    """Return when the youngest entry that was taken out had been recorded (RFC 3339), if any was."""
    query = select(func.max(ledger_entries.c.at)).where(~IS_WHOLE)
    with answering():
        return connection.execute(query).scalar_one_or_none()
