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
from snapshot.tables import State, snapshots
from snapshot.upkeep import is_current


class SnapshotStateError(Exception):
    """The attempt isn't in the state that this step needs."""


def publish(attempt: str, *, who: Who, gate: Gate, vault: ImportVault) -> SnapshotRef:
    """Publish a checked attempt and have the ledger's head signed.

    Raises the gate's errors, and SnapshotStateError where the attempt isn't checked.
    """
    resource = Resource(kind="attempt", id=attempt)
    with gate.transaction(who) as tx:
        pending = tx.decide(Ask(action=Action.PUBLISH_SNAPSHOT, resource=resource))
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
        ref = _ref_of(tx, attempt)
        tx.record(Event.SNAPSHOT_PUBLISHED, Action.PUBLISH_SNAPSHOT, resource, snapshot=ref, because=pending)
    vault.sign()
    return ref


def _ref_of(tx: Transaction, attempt: str) -> SnapshotRef:
    row = tx.connection.execute(select(snapshots).where(snapshots.c.attempt == attempt)).mappings().first()
    if row is None:
        raise SnapshotNotFoundError("there is no such import attempt")
    return SnapshotRef(as_of=row["as_of"], revision=row["revision"], digest=row["digest"])
