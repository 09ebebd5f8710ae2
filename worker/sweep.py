"""The sweep: repairs whatever a crash, a lost message or time left behind.

Idempotent, and run by one worker at a time under a lease in the database; running it twice
or never finishing it harms nothing. It
1. ends what is due to end, see `ending.py`, and says that glasses are closed again;
2. wakes every export that is due (the queue may have lost everything);
3. tells agents of books that their manager asked for;
4. destroys keys that no committed entry adopted, and imports that came to nothing: abandoned, or
   superseded by what was published since; destroys published snapshots that outlived their weeks;
   says when this week's data are late;
5. records how often strangers tried to sign in;
6. has the vault sign the newest head, so that a stretch of the ledger is open to unseen
   rewriting for seconds only;
7. starts the lanes that bring heads and entries outside, see `lanes.py`.
"""

from __future__ import annotations

import structlog

from audit.counts import signed_size
from audit.entry import Resource
from exports.export import stored_name
from house.wiring import WorkerHouse
from policies.gate import RefusedError
from runtime.broker import ADVANCE, wake
from runtime.database import reading, writing
from snapshot.facts import abandoned_attempts, note_abandoned, superseded_attempts
from snapshot.index import object_names
from snapshot.upkeep import forget, forget_old_pairs
from store.destruction import book_object, note_destroyed, note_destroying, orphaned_books
from store.exports import due_exports
from store.leases import take_lease
from vault.errors import VaultError
from worker.destroying import destroy
from worker.ending import Endings
from worker.glasses import close_glasses
from worker.lanes import Lanes
from worker.outliving import destroy_outlived
from worker.outside import outside_work
from worker.oversight import tell_agents
from worker.service import resource_of
from worker.strangers import record_strangers
from worker.weekly import WeekWatch

_SWEEP_SECONDS = 30.0


class Sweep:
    """One round over everything that may be due."""

    def __init__(self, house: WorkerHouse) -> None:
        self._house = house
        self._endings = Endings(house)
        self._week = WeekWatch(house)
        self.lanes = Lanes(house, outside_work(house))

    def run(self) -> None:
        """Run one round unless another worker is at it."""
        house = self._house
        # Gives the reserve up where the disk is full, so that what follows can be recorded.
        house.disk.halted_by()
        with writing(house.engine) as connection:
            if not take_lease(connection, "sweep", house.owner, house.clock.now(), _SWEEP_SECONDS):
                return
        try:
            self._repair()
        finally:
            # What is broken above mustn't keep heads inside: overdue, they would stop access for good.
            self._sign()
            self.lanes.start()

    def _repair(self) -> None:
        house = self._house
        self._endings.expire()
        close_glasses(house)
        self._wake_due()
        tell_agents(house)
        self._endings.purge()
        self._endings.end_lost_releases()
        self._destroy_orphans()
        self._destroy_imports()
        destroy_outlived(house)
        forget_old_pairs(self._house.engine)
        record_strangers(house)
        self._week.look()

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
        destroy(
            self._house,
            book_object(export, fencing),
            resource_of(export),
            # The object, if the worker died after putting it, goes with its key.
            [stored_name(export, fencing)],
            before=lambda tx: note_destroying(tx.connection, export, fencing),
            after=lambda tx: note_destroyed(tx.connection, export, fencing),
            export=export,
            fencing=fencing,
        )

    def _destroy_imports(self) -> None:
        with reading(self._house.engine) as connection:
            abandoned = abandoned_attempts(connection, self._house.clock.now())
            superseded = superseded_attempts(connection)
        for attempt in (*abandoned, *superseded):
            try:
                self._destroy_import(attempt)
            except (RefusedError, VaultError) as error:
                structlog.get_logger().warning("import.kept", attempt=attempt, error=type(error).__name__)

    def _destroy_import(self, attempt: str) -> None:
        # First, since what is destroyed isn't looked for again; nobody reads what wasn't published.
        forget(self._house.engine, attempt)
        destroy(
            self._house,
            f"snapshot:{attempt}",
            Resource(kind="attempt", id=attempt),
            object_names(attempt).values(),
            after=lambda tx: note_abandoned(tx.connection, attempt),
            attempt=attempt,
        )
