"""What this room knows for the gate's decisions: of an import, a publication, a destruction."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from policies.fact_groups import Incoming, Publication
from runtime.clock import parse_rfc3339, rfc3339
from snapshot.calendar import is_cutoff
from snapshot.published import newest_row
from snapshot.tables import State, snapshots

ABANDONED_AFTER = timedelta(hours=24)
FIRST_REVISION = 1


def incoming_facts(as_of: datetime, now: datetime) -> Incoming:
    """Return the facts of an extract that is to be imported."""
    return Incoming(as_of_is_cutoff=is_cutoff(as_of), as_of_is_past=as_of <= now)


def publication_facts(connection: Connection, attempt: str) -> Publication:
    """Return the facts of an attempt that is to be published; of an unknown one nothing holds.

    An attempt is `checked` only when every check, the never-export scan among them, found
    nothing and what was stored reconciled with what was read.
    """
    row = connection.execute(select(snapshots).where(snapshots.c.attempt == attempt)).mappings().first()
    if row is None:
        return Publication(checked=False, scanned=False, as_of_is_cutoff=False, is_newer=False)
    checked = row["state"] == State.CHECKED
    newest = newest_row(connection)
    place = (row["as_of"], row["revision"] or 0)
    return Publication(
        checked=checked,
        scanned=checked,
        as_of_is_cutoff=is_cutoff(parse_rfc3339(row["as_of"])),
        is_newer=newest is None
        or row["as_of"] > newest["as_of"]
        or place == (newest["as_of"], newest["revision"] + 1),
    )


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
    """Note that what an attempt left behind is destroyed."""
    left = snapshots.c.attempt == attempt, snapshots.c.state == State.IMPORTING
    connection.execute(update(snapshots).where(*left).values(state=State.ABANDONED))


def next_revision(connection: Connection, as_of: str) -> int:
    """Return the revision that an import of an as-of moment makes: a correction is the next one."""
    newest = newest_row(connection, as_of)
    return FIRST_REVISION if newest is None else newest["revision"] + 1
