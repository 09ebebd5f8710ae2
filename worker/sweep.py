"""The sweep: repairs whatever a crash, a lost message or time left behind.

Idempotent, and run by one worker at a time under a lease in the database; running it twice
or never finishing it harms nothing. It
1. wakes every export that is due (the queue may have lost everything);
2. has the vault sign the newest head, so that a stretch of the ledger is open to unseen
   rewriting for seconds only;
3. destroys keys that no committed entry adopted.
"""

from __future__ import annotations

import hashlib

import structlog

from audit.counts import signed_size
from audit.entry import Resource
from audit.events import Event
from house.wiring import WorkerHouse
from policies.actions import Action
from policies.gate import Ask, Pending, RefusedError
from runtime.broker import ADVANCE, wake
from runtime.database import reading, writing
from store.destruction import book_object, note_destroyed, note_destroying, orphaned_books
from store.exports import due_exports
from store.leases import take_lease
from vault.errors import VaultError
from worker.service import SERVICE

_SWEEP_SECONDS = 30.0


class Sweep:
    """One round over everything that may be due."""

    def __init__(self, house: WorkerHouse) -> None:
        self._house = house

    def run(self) -> None:
        """Run one round unless another worker is at it."""
        house = self._house
        with writing(house.engine) as connection:
            if not take_lease(connection, "sweep", house.owner, house.clock.now(), _SWEEP_SECONDS):
                return
        self._wake_due()
        self._destroy_orphans()
        self._sign()

    def _wake_due(self) -> None:
        with reading(self._house.engine) as connection:
            due = due_exports(connection, self._house.clock.now())
        for export in due:
            wake(self._house.queue, ADVANCE, export)

    def _sign(self) -> None:
        with reading(self._house.engine) as connection:
            if self._house.reader.head(connection).size == signed_size(connection):
                return
        try:
            self._house.vault.sign()
        except VaultError as error:
            structlog.get_logger().warning("head.unsigned", error=type(error).__name__)

    def _destroy_orphans(self) -> None:
        with reading(self._house.engine) as connection:
            orphans = orphaned_books(connection, self._house.clock.now(), self._house.orphan_seconds)
        for export, fencing in orphans:
            try:
                self._destroy_book(export, fencing)
            except (RefusedError, VaultError) as error:
                structlog.get_logger().warning(
                    "orphan.kept", export=export, fencing=fencing, error=type(error).__name__
                )

    def _destroy_book(self, export: str, fencing: int) -> None:
        """Permit, shred, record; a crash in between is taken up by the next round."""
        name = book_object(export, fencing)
        resource = Resource(kind="export", id=export)
        with self._house.gate.transaction(SERVICE) as tx:
            permit: Pending = tx.decide(
                Ask(action=Action.DESTROY_OBJECT, resource=resource, claims={"objects": (name,)})
            )
            note_destroying(tx.connection, export, fencing)
        records = self._house.vault.destroy(permit.index)
        # The object, if the worker died after putting it, goes with its key.
        self._house.objects.delete(f"books/{export}.{fencing}")
        with self._house.gate.transaction(SERVICE) as tx:
            note_destroyed(tx.connection, export, fencing)
            tx.record(
                Event.OBJECT_DESTROYED,
                Action.DESTROY_OBJECT,
                resource,
                because=permit,
                export=export,
                fencing=fencing,
                objects=(name,),
                destroyed=hashlib.sha256("".join(records).encode()).hexdigest(),
            )
