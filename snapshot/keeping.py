"""The end of an import: all is stored, and the attempt is checked, with its counts and what it changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from audit.entry import Resource, SnapshotRef
from audit.events import Event
from policies.actions import Action
from policies.gate import Gate, Pending, Who
from runtime.clock import rfc3339
from runtime.database import reading
from snapshot.changes import Changes, Kept, Shape, Summary, compare_shapes
from snapshot.facts import next_revision
from snapshot.published import rows_by_agent
from snapshot.publishing import SnapshotStateError
from snapshot.report import ImportReport
from snapshot.sealing import StoredSnapshot
from snapshot.tables import State, snapshots
from snapshot.upkeep import base_of


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What is known of an attempt when all of it is stored."""

    attempt: str
    as_of: datetime
    report: ImportReport
    stored: StoredSnapshot
    kept: Kept


def keep(gate: Gate, who: Who, checked: Checked, permit: Pending) -> tuple[SnapshotRef, Changes | None]:
    """Note an attempt as checked, with its revision, and return it with what it changes.

    Raises SnapshotStateError where the attempt ended meanwhile.
    """
    attempt, as_of = checked.attempt, rfc3339(checked.as_of)
    with reading(gate.engine) as connection:
        changes = _changes(connection, checked)
    with gate.transaction(who) as tx:
        revision = next_revision(tx.connection, as_of)
        ref = SnapshotRef(as_of=as_of, revision=revision, digest=checked.stored.digest)
        summary = Summary(
            kinds=checked.report.kinds,
            delegations=checked.report.delegations,
            delegated=checked.kept.held,
            changes=changes,
        )
        moved = tx.connection.execute(
            update(snapshots)
            .where(snapshots.c.attempt == attempt, snapshots.c.state == State.IMPORTING)
            .values(
                state=State.CHECKED,
                revision=revision,
                digest=ref.digest,
                checked_at=rfc3339(tx.now),
                summary=summary.encode(),
            )
        )
        if moved.rowcount != 1:
            raise SnapshotStateError("the attempt ended meanwhile")
        resource = Resource(kind="attempt", id=attempt)
        tx.record(
            Event.SNAPSHOT_CHECKED, Action.IMPORT_SNAPSHOT, resource, snapshot=ref, because=permit.index
        )
    return ref, changes


def _changes(connection: Connection, checked: Checked) -> Changes | None:
    """Compare with the snapshot that the delegations were compared with, None for the first."""
    base = base_of(connection, checked.attempt)
    if base is None:
        return None
    row = connection.execute(select(snapshots).where(snapshots.c.attempt == base)).mappings().one()
    summary = Summary.decode(row["summary"]) if row["summary"] else None
    before = Shape(
        rows=row["rows"], agents=rows_by_agent(connection, base), kinds=summary.kinds if summary else {}
    )
    after = Shape(rows=checked.report.rows, agents=checked.stored.rows, kinds=checked.report.kinds)
    return compare_shapes(row["as_of"], row["revision"], before, after, checked.kept)
