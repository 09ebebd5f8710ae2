"""How long stored snapshots are kept: whose term is over, and that what is left of them is history.

Laws
1. A published snapshot is kept for its weeks from its cut-off (R33), and never goes while it is in
   force, nor before every permit that was bound to it is over, nor while a hold on it is being placed.
2. Only its key and its objects go. Its line, its counts and the intervals of delegations stay: a
   destroyed snapshot was published, and all that asks for the past goes on knowing it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, literal, select, tuple_, update

from runtime.clock import parse_rfc3339, rfc3339
from snapshot.holds import HoldState, list_holds
from snapshot.published import newest_row
from snapshot.tables import WAS_PUBLISHED, State, snapshots

OUT_OF_FORCE_FOR = timedelta(hours=1)
"""Far longer than any permit lives, so that nobody is still building from it."""


def outlived_snapshots(
    connection: Connection, now: datetime, kept_weeks: int, *, limit: int = 100
) -> list[str]:
    """Return the attempts whose published snapshots are to be destroyed, the oldest data first."""
    late = snapshots.c.as_of <= rfc3339(now - timedelta(weeks=kept_weeks))
    query = select(snapshots.c.attempt).where(snapshots.c.state == State.PUBLISHED, late)
    query = query.order_by(snapshots.c.as_of, snapshots.c.revision).limit(limit)
    found = connection.execute(query).scalars().all()
    return [attempt for attempt in found if is_outlived(connection, attempt, now, kept_weeks)]


def is_outlived(connection: Connection, attempt: str, now: datetime, kept_weeks: int) -> bool:
    """Tell whether a published snapshot may be destroyed; one that was destroyed already may not."""
    row = connection.execute(select(snapshots).where(snapshots.c.attempt == attempt)).mappings().first()
    if row is None or row["state"] != State.PUBLISHED:
        return False
    newest = newest_row(connection)
    if newest is None or newest["attempt"] == attempt:
        return False
    if list_holds(connection, HoldState.PLACING, attempt=attempt):
        return False
    place = tuple_(snapshots.c.as_of, snapshots.c.revision)
    own = tuple_(literal(row["as_of"]), literal(row["revision"]))
    later = select(func.min(snapshots.c.published_at)).where(
        snapshots.c.state.in_(WAS_PUBLISHED), place > own
    )
    out_of_force_at = parse_rfc3339(connection.execute(later).scalar_one())
    is_past = parse_rfc3339(row["as_of"]) + timedelta(weeks=kept_weeks) <= now
    return is_past and out_of_force_at + OUT_OF_FORCE_FOR <= now


def note_outlived(connection: Connection, attempt: str, at: str) -> None:
    """Note that a published snapshot's key and objects are destroyed, at an RFC 3339 moment."""
    mine = snapshots.c.attempt == attempt, snapshots.c.state == State.PUBLISHED
    connection.execute(update(snapshots).where(*mine).values(state=State.DESTROYED, destroyed_at=at))
