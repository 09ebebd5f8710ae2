"""What an agent learns of books that their agency's manager asked for: that, when, and how it stands.

Laws
1. A request for another agent's book and the notice that the agent gets are one transaction.
2. A notice is handed to the mail server once: what was begun isn't begun again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, or_, select

from runtime.clock import rfc3339
from store.tables import exports, oversight_notices, people

_MOST = 100


@dataclass(frozen=True, kw_only=True)
class OthersExport:
    """An export of somebody's book that another person asked for; `requested_by` is that one's role."""

    id: str
    state: str
    channel: str
    created_at: str
    requested_by: str


@dataclass(frozen=True, kw_only=True)
class OversightNotice:
    """A mail that an agent is to get: of which export, and when it was asked for (RFC 3339)."""

    export: str
    agent: str
    asked_at: str


def note_asked(connection: Connection, export: str, agent: str, now: datetime) -> None:
    """Have the agent told of an export of their book."""
    values = {"export": export, "agent": agent, "asked_at": rfc3339(now)}
    connection.execute(oversight_notices.insert().values(values))


def due_notices(connection: Connection, now: datetime) -> list[OversightNotice]:
    """Return the notices that nobody began to send and that needn't wait any longer."""
    notice = oversight_notices.c
    ready = or_(notice.next_at.is_(None), notice.next_at <= rfc3339(now))
    query = select(notice.export, notice.agent, notice.asked_at).where(notice.begun_at.is_(None), ready)
    return [
        OversightNotice(export=row.export, agent=row.agent, asked_at=row.asked_at)
        for row in connection.execute(query.order_by(notice.asked_at).limit(_MOST))
    ]


def begin_notice(connection: Connection, export: str, now: datetime) -> bool:
    """Take a notice for good; False when somebody has it."""
    notice = oversight_notices.c
    beginning = oversight_notices.update().where(notice.export == export, notice.begun_at.is_(None))
    return connection.execute(beginning.values(begun_at=rfc3339(now))).rowcount == 1


def put_notice_off(connection: Connection, export: str, until: datetime, *, begun: bool) -> None:
    """Let a notice wait; with `begun` it was begun, and the server said: not now."""
    values = {"next_at": rfc3339(until)} | ({"begun_at": None} if begun else {})
    connection.execute(oversight_notices.update().where(oversight_notices.c.export == export).values(values))


def note_told(connection: Connection, export: str, now: datetime) -> None:
    """Remember that the mail server took a notice."""
    mine = oversight_notices.c.export == export
    connection.execute(oversight_notices.update().where(mine).values(sent_at=rfc3339(now)))


def exports_by_others(connection: Connection, agent: str, person: str) -> list[OthersExport]:
    """Return the exports of an agent's book that others asked for, newest first."""
    export = exports.c
    query = (
        select(export.id, export.state, export.channel, export.created_at, people.c.role)
        .select_from(exports.join(people, people.c.id == export.requester))
        .where(and_(export.agent == agent, export.requester != person))
        .order_by(export.created_at.desc())
        .limit(_MOST)
    )
    return [
        OthersExport(
            id=row.id,
            state=row.state,
            channel=row.channel,
            created_at=row.created_at,
            requested_by=row.role,
        )
        for row in connection.execute(query)
    ]
