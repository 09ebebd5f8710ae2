"""Which snapshots there are, and which one is in force.

Law: in force is the published snapshot with the highest (as-of, revision). That it was
published is told by the ledger: `published_entry` is the index of its `snapshot.published`
entry, the evidence that the vault asks for. One that was destroyed after its term was published.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from audit.entry import Entry, SnapshotRef
from audit.events import Event
from audit.tables import ledger_entries
from runtime.clock import parse_rfc3339
from snapshot.calendar import is_cutoff
from snapshot.changes import Summary
from snapshot.reasons import Correction
from snapshot.tables import WAS_PUBLISHED, State, snapshot_agents, snapshots


class SnapshotNotFoundError(Exception):
    """There is no such import attempt, or its publication isn't in the ledger."""


@dataclass(frozen=True, kw_only=True)
class PublishedSnapshot:
    """A published snapshot; `attempt` names its objects (gone if destroyed), moments are aware UTC."""

    attempt: str
    ref: SnapshotRef
    as_of: datetime
    published_at: datetime
    published_entry: int
    source_sha256: str
    rows: int
    agents: int
    is_destroyed: bool

    @property
    def as_of_is_cutoff(self) -> bool:
        """Say whether the as-of moment is a Friday 21:00 Pacific."""
        return is_cutoff(self.as_of)


@dataclass(frozen=True, kw_only=True)
class SnapshotLine:
    """One import attempt as a list shows it.

    `revision`, `digest` and `summary` exist once it is checked; `reason` of a correction.
    """

    attempt: str
    as_of: datetime
    revision: int | None
    state: State
    digest: str | None
    source_sha256: str
    rows: int
    agents: int
    begun_at: datetime
    published_at: datetime | None
    destroyed_at: datetime | None
    reason: Correction | None
    summary: Summary | None


def newest_published(connection: Connection) -> PublishedSnapshot | None:
    """Return the snapshot in force, None before the first publication."""
    row = newest_row(connection)
    return None if row is None else _published(connection, row)


def published_snapshot(connection: Connection, digest: str) -> PublishedSnapshot:
    """Return the published snapshot of a digest, destroyed or not, or raise SnapshotNotFoundError."""
    query = select(snapshots).where(snapshots.c.state.in_(WAS_PUBLISHED), snapshots.c.digest == digest)
    row = connection.execute(query).mappings().first()
    if row is None:
        raise SnapshotNotFoundError("no published snapshot has this digest")
    return _published(connection, row)


def list_snapshots(connection: Connection) -> list[SnapshotLine]:
    """Return all import attempts, the newest data first."""
    query = select(snapshots).order_by(snapshots.c.as_of.desc(), snapshots.c.begun_at.desc())
    return [_line(row) for row in connection.execute(query).mappings()]


def rows_of_agent(connection: Connection, digest: str, agent: str) -> int:
    """Return how many active rows a checked or published snapshot holds for an agent."""
    query = (
        select(snapshot_agents.c.rows)
        .join(snapshots, snapshots.c.attempt == snapshot_agents.c.attempt)
        .where(snapshots.c.digest == digest, snapshot_agents.c.agent == agent)
    )
    return connection.execute(query).scalar() or 0


def rows_by_agent(connection: Connection, attempt: str) -> dict[str, int]:
    """Return how many active rows a checked or published attempt holds, by agent's licence."""
    query = select(snapshot_agents.c.agent, snapshot_agents.c.rows)
    query = query.where(snapshot_agents.c.attempt == attempt).order_by(snapshot_agents.c.agent)
    return {row.agent: row.rows for row in connection.execute(query)}


def newest_row(connection: Connection, as_of: str | None = None) -> RowMapping | None:
    """Return the newest published row, of all or of one as-of moment."""
    query = select(snapshots).where(snapshots.c.state.in_(WAS_PUBLISHED))
    if as_of is not None:
        query = query.where(snapshots.c.as_of == as_of)
    query = query.order_by(snapshots.c.as_of.desc(), snapshots.c.revision.desc()).limit(1)
    return connection.execute(query).mappings().first()


def _published(connection: Connection, row: RowMapping) -> PublishedSnapshot:
    return PublishedSnapshot(
        attempt=row["attempt"],
        ref=SnapshotRef(as_of=row["as_of"], revision=row["revision"], digest=row["digest"]),
        as_of=parse_rfc3339(row["as_of"]),
        published_at=parse_rfc3339(row["published_at"]),
        published_entry=_entry_of(connection, row["attempt"]),
        source_sha256=row["source_sha256"],
        rows=row["rows"],
        agents=row["agents"],
        is_destroyed=row["state"] == State.DESTROYED,
    )


def _entry_of(connection: Connection, attempt: str) -> int:
    # The newest is looked for most, and stands among the last: one entry a week is no long list.
    query = (
        select(ledger_entries.c.index, ledger_entries.c.entry)
        .where(ledger_entries.c.event == Event.SNAPSHOT_PUBLISHED.value)
        .order_by(ledger_entries.c.index.desc())
    )
    for index, data in connection.execute(query):
        if Entry.decode(data).resource.id == attempt:
            found: int = index
            return found
    raise SnapshotNotFoundError("a snapshot counts as published, but the ledger doesn't say so")


def _line(row: RowMapping) -> SnapshotLine:
    values: dict[str, Any] = {name: row[name] for name in SnapshotLine.__dataclass_fields__}
    return SnapshotLine(
        **values
        | {
            "as_of": parse_rfc3339(row["as_of"]),
            "state": State(row["state"]),
            "begun_at": parse_rfc3339(row["begun_at"]),
            "published_at": parse_rfc3339(row["published_at"]) if row["published_at"] else None,
            "destroyed_at": parse_rfc3339(row["destroyed_at"]) if row["destroyed_at"] else None,
            "reason": Correction(row["reason"]) if row["reason"] else None,
            "summary": Summary.decode(row["summary"]) if row["summary"] else None,
        }
    )
