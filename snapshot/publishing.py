"""Puts a checked snapshot in force.

Law: publication is one small transaction, the compare-and-set and its entry, or neither.
"""

from __future__ import annotations

from sqlalchemy import select, update

from audit.entry import Resource, SnapshotRef
from audit.events import Event
from policies.actions import Action
from policies.gate import Ask, Gate, Transaction, Who
from runtime.clock import rfc3339
from snapshot.keys import ImportVault
from snapshot.published import SnapshotNotFoundError
from snapshot.reasons import DriftReason
from snapshot.tables import State, snapshots
from snapshot.upkeep import is_current


class SnapshotStateError(Exception):
    """The attempt isn't in the state that this step needs."""


def publish(
    attempt: str, *, who: Who, gate: Gate, vault: ImportVault, despite_drift: DriftReason | None = None
) -> SnapshotRef:
    """Publish a checked attempt and have the ledger's head signed.

    `despite_drift` is why data that moved beyond the bounds are right; the permit records it. The
    entry of the publication records why a correction corrects. Raises the gate's errors, and
    SnapshotStateError where the attempt isn't checked.
    """
    resource = Resource(kind="attempt", id=attempt)
    claims = {} if despite_drift is None else {"despite_drift": despite_drift.value}
    with gate.transaction(who) as tx:
        _wait_for_others(tx)
        pending = tx.decide(Ask(action=Action.PUBLISH_SNAPSHOT, resource=resource, claims=claims))
        if not is_current(tx.connection, attempt):
            raise SnapshotStateError(
                "another snapshot was published since this one was compared with it; import it again"
            )
        moved = tx.connection.execute(
            update(snapshots)
            .where(snapshots.c.attempt == attempt, snapshots.c.state == State.CHECKED)
            .values(state=State.PUBLISHED, published_at=rfc3339(tx.now))
        )
        if moved.rowcount != 1:
            raise SnapshotStateError("only a checked snapshot can be published")
        ref, reason = _ref_of(tx, attempt)
        tx.record(
            Event.SNAPSHOT_PUBLISHED,
            Action.PUBLISH_SNAPSHOT,
            resource,
            snapshot=ref,
            because=pending,
            reason=reason,
        )
    vault.sign()
    return ref


def _wait_for_others(tx: Transaction) -> None:
    """Let one publication after the other look at what is in force. SQLite's one writer does so already."""
    if tx.connection.dialect.name != "sqlite":
        checked = select(snapshots.c.attempt).where(snapshots.c.state == State.CHECKED)
        tx.connection.execute(checked.order_by(snapshots.c.attempt).with_for_update())


def _ref_of(tx: Transaction, attempt: str) -> tuple[SnapshotRef, str | None]:
    """Return what is published, and why it corrects."""
    row = tx.connection.execute(select(snapshots).where(snapshots.c.attempt == attempt)).mappings().first()
    if row is None:
        raise SnapshotNotFoundError("there is no such import attempt")
    ref = SnapshotRef(as_of=row["as_of"], revision=row["revision"], digest=row["digest"])
    return ref, row["reason"]
