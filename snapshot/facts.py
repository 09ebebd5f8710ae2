"""What this room knows for the gate's decisions: of an import, a publication, a destruction."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, select, update

from policies.snapshot_groups import Incoming, Publication
from runtime.clock import parse_rfc3339, rfc3339
from snapshot.calendar import is_cutoff
from snapshot.changes import Summary
from snapshot.published import newest_row
from snapshot.tables import State, snapshots
from snapshot.upkeep import is_current

ABANDONED_AFTER = timedelta(hours=24)
FIRST_REVISION = 1


def incoming_facts(as_of: datetime, now: datetime) -> Incoming:
    """Return the facts of an extract that is to be imported."""
    return Incoming(as_of_is_cutoff=is_cutoff(as_of), as_of_is_past=as_of <= now)


def publication_facts(connection: Connection, attempt: str, *, drift_accepted: bool) -> Publication:
    """Return the facts of an attempt that is to be published; of an unknown one nothing holds.

    An attempt is `checked` only when every check, the never-export scan among them, found
    nothing and what was stored reconciled with what was read. `drift_accepted` is what who
    publishes says.
    """
    row = connection.execute(select(snapshots).where(snapshots.c.attempt == attempt)).mappings().first()
    checked = row is not None and row["state"] == State.CHECKED
    changes = Summary.decode(row["summary"]).changes if row is not None and row["summary"] else None
    return Publication(
        checked=checked,
        scanned=checked,
        as_of_is_cutoff=row is not None and is_cutoff(parse_rfc3339(row["as_of"])),
        is_newer=row is not None and _is_newer(row, newest_row(connection)),
        reasoned=row is not None and (row["revision"] in {None, FIRST_REVISION} or row["reason"] is not None),
        agents_gone_percent=changes.agents_gone_percent if changes else 0,
        rows_change_percent=changes.rows_change_percent if changes else 0,
        kind_shift_points=changes.kind_shift_points if changes else 0,
        drift_accepted=drift_accepted,
    )


def _is_newer(row: RowMapping, newest: RowMapping | None) -> bool:
    """Tell whether an attempt is of a later Friday than the newest, or the next revision of its own."""
    if newest is None or row["as_of"] > newest["as_of"]:
        return True
    return (row["as_of"], row["revision"] or 0) == (newest["as_of"], newest["revision"] + 1)


def came_to_nothing(connection: Connection, attempt: str, now: datetime) -> bool:
    """Tell whether an attempt will never be published, so that its keys and objects are to be destroyed."""
    return is_abandoned(connection, attempt, now) or is_superseded(connection, attempt)


def is_superseded(connection: Connection, attempt: str) -> bool:
    """Tell whether an attempt was checked, and another was published that it wasn't compared with."""
    row = connection.execute(select(snapshots).where(snapshots.c.attempt == attempt)).mappings().first()
    if row is None or row["state"] != State.CHECKED:
        return False
    return not (is_current(connection, attempt) and _is_newer(row, newest_row(connection)))


def superseded_attempts(connection: Connection) -> list[str]:
    """Return the checked attempts that can't be published any more."""
    query = select(snapshots.c.attempt).where(snapshots.c.state == State.CHECKED)
    return [each for each in connection.execute(query).scalars() if is_superseded(connection, each)]


def is_abandoned(connection: Connection, attempt: str, now: datetime) -> bool:
    """Tell whether an import attempt came to nothing: a day old and never checked."""
    query = select(snapshots.c.state, snapshots.c.begun_at).where(snapshots.c.attempt == attempt)
    row = connection.execute(query).first()
    return (
        row is not None
        and row.state == State.IMPORTING
        and parse_rfc3339(row.begun_at) + ABANDONED_AFTER <= now
    )


def abandoned_attempts(connection: Connection, now: datetime, *, limit: int = 100) -> list[str]:
    """Return the import attempts that came to nothing and whose keys and objects may still be there."""
    late = snapshots.c.begun_at <= rfc3339(now - ABANDONED_AFTER)
    query = select(snapshots.c.attempt).where(snapshots.c.state == State.IMPORTING, late).limit(limit)
    return list(connection.execute(query).scalars())


def note_abandoned(connection: Connection, attempt: str) -> None:
    """Note that what an attempt left behind is destroyed: it was abandoned, or superseded."""
    for before, after in ((State.IMPORTING, State.ABANDONED), (State.CHECKED, State.SUPERSEDED)):
        left = snapshots.c.attempt == attempt, snapshots.c.state == before
        connection.execute(update(snapshots).where(*left).values(state=after))


def next_revision(connection: Connection, as_of: str) -> int:
    """Return the revision that an import of an as-of moment makes: a correction is the next one."""
    newest = newest_row(connection, as_of)
    return FIRST_REVISION if newest is None else newest["revision"] + 1
