"""When things happened to an export, by the plain columns that the ledger keeps for look-ups."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, or_, select

from audit.entry import Entry
from audit.events import Event, Outcome
from audit.stored import answering
from audit.tables import IS_WHOLE, ledger_entries

_MOST_MOMENTS = 1000


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One entry as a list shows it; `at` is RFC 3339 in UTC."""

    index: int
    at: str
    event: Event
    outcome: Outcome
    action: str


def moments_of_export(connection: Connection, export: str) -> list[Moment]:
    """Return an export's entries, oldest first."""
    entry = ledger_entries.c
    query = select(entry["index"], entry.at, entry.event, entry.outcome, entry.action)
    query = query.where(entry.export == export).order_by(entry["index"]).limit(_MOST_MOMENTS)
    with answering():
        return [
            Moment(index=row[0], at=row[1], event=Event(row[2]), outcome=Outcome(row[3]), action=row[4])
            for row in connection.execute(query)
        ]


@dataclass(frozen=True, kw_only=True)
class Access:
    """One entry about somebody, with who made it: the actor's id and role."""

    index: int
    at: str
    event: Event
    outcome: Outcome
    action: str
    actor: str
    role: str


def moments_about(connection: Connection, actor: str, agent: str, *, limit: int) -> list[Access]:
    """Return the newest entries by somebody or about their book, newest first.

    `agent` is their licence number, empty for who has no book.
    """
    entry = ledger_entries.c
    about = or_(entry.actor == actor, entry.agent == agent) if agent else entry.actor == actor
    query = (
        select(entry["index"], entry.entry)
        .where(about, IS_WHOLE)
        .order_by(entry["index"].desc())
        .limit(limit)
    )
    with answering():
        rows = [(index, Entry.decode(data)) for index, data in connection.execute(query)]
    return [
        Access(
            index=index,
            at=found.at,
            event=found.event,
            outcome=found.outcome,
            action=found.action,
            actor=found.actor.id,
            role=found.actor.role,
        )
        for index, found in rows
    ]


def newest_permit(connection: Connection, *, event: Event, actor: str) -> int | None:
    """Return the index of somebody's newest permit of a kind, None where there is none."""
    entry = ledger_entries.c
    mine = entry.actor == actor, entry.event == event, entry.outcome == Outcome.PERMIT
    with answering():
        return connection.execute(select(func.max(entry["index"])).where(*mine)).scalar()
