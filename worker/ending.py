"""How exports end: their term is over, their keys are destroyed, nothing is left but the entries.

1. What expired says so; states refuse it from then on.
2. A mailed book that expired loses its stored copy and that copy's key. Its passphrase stays
   until its own term, since the file lives on with the agent.
3. What was revoked, failed, was cancelled or outlived every term is purged: all keys destroyed,
   every stored book deleted, later mints barred.
4. A download that never ended counts as one whose end nobody knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TypeVar

import structlog

from audit.events import Event
from exports.export import Export, stored_name
from exports.states import ENDABLE, Reason, State
from house.wiring import WorkerHouse
from policies.actions import Action
from policies.gate import Transaction
from runtime.clock import rfc3339
from runtime.database import reading
from store.destruction import (
    books_to_close,
    expired_exports,
    export_object,
    key_object,
    note_keyless,
    note_purged,
    purgeable_exports,
    stored_books,
)
from store.exports import export_by_id, move_unclaimed
from store.releases import OpenRelease, close_release, lost_releases
from worker.destroying import POSTPONING, Work, destroy_many
from worker.service import SERVICE, resource_of

Item = TypeVar("Item")

LOST_AFTER = timedelta(hours=1)
"""Far longer than a download may take."""


class Endings:
    """Brings to an end what is due."""

    def __init__(self, house: WorkerHouse) -> None:
        self._house = house

    def expire(self) -> None:
        """Say of every export whose access ended that it did."""
        with reading(self._house.engine) as connection:
            late = expired_exports(connection, self._house.clock.now())
        _each(late, self._expire)

    def purge(self) -> None:
        """Destroy what nothing needs any longer."""
        house = self._house
        kept_days = house.policy.numbers.passphrase_kept_days
        with reading(house.engine) as connection:
            ended = purgeable_exports(connection, house.clock.now(), kept_days)
            mailed = [book for book in books_to_close(connection) if book[0] not in ended]
        works = [*map(self._closing, mailed), *map(self._purging, ended)]
        destroy_many(house, works, _postpone)

    def end_lost_releases(self) -> None:
        """End the downloads whose server died."""
        with reading(self._house.engine) as connection:
            lost = lost_releases(connection, self._house.clock.now() - LOST_AFTER)
        _each(lost, self._end_release)

    def _expire(self, export: str) -> None:
        with self._house.gate.transaction(SERVICE) as tx:
            found = export_by_id(tx.connection, export)
            if found.state not in ENDABLE or (found.expires_at or "") > rfc3339(tx.now):
                return
            over = {"reason": Reason.TERM_ENDED.value, "next_at": None}
            move_unclaimed(tx.connection, export, found.state, State.EXPIRED, **over)
            _record(tx, Event.EXPORT_EXPIRED, found, State.EXPIRED)

    def _closing(self, book: tuple[str, int]) -> Work:
        export, fencing = book
        return Work(
            name=key_object(export, fencing),
            resource=resource_of(export),
            objects=(stored_name(export, fencing),),
            after=lambda tx: note_keyless(tx.connection, export, fencing),
            fields={"export": export, "fencing": fencing},
        )

    def _purging(self, export: str) -> Work:
        with reading(self._house.engine) as connection:
            books = tuple(stored_name(export, fencing) for fencing in stored_books(connection, export))

        def note(tx: Transaction) -> None:
            found = export_by_id(tx.connection, export)
            move_unclaimed(tx.connection, export, found.state, State.PURGED)
            note_purged(tx.connection, export)
            _record(tx, Event.EXPORT_PURGED, found, State.PURGED)

        return Work(
            name=export_object(export),
            resource=resource_of(export),
            objects=books,
            after=note,
            fields={"export": export},
        )

    def _end_release(self, release: OpenRelease) -> None:
        with self._house.gate.transaction(SERVICE) as tx:
            if close_release(tx.connection, release.id):
                found = export_by_id(tx.connection, release.export)
                tx.record(
                    Event.RELEASE_ENDED,
                    Action.DOWNLOAD_BOOK,
                    resource_of(release.export),
                    because=release.permit,
                    agent=found.agent,
                    export=release.export,
                    fencing=release.fencing,
                    channel=found.channel,
                    state="unknown",
                )


def _record(tx: Transaction, event: Event, export: Export, state: State) -> None:
    tx.record(
        event,
        Action.DESTROY_OBJECT,
        resource_of(export.id),
        **export.as_fields(),
        state=state.value,
    )


def _each(due: Iterable[Item], end: Callable[[Item], None]) -> None:
    """Bring each to its end; what can't be ended now is left to the next round."""
    for one in due:
        try:
            end(one)
        except POSTPONING as error:
            _postpone(error)


def _postpone(error: Exception) -> None:
    structlog.get_logger().warning("ending.postponed", error=type(error).__name__)
