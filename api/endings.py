"""Ending an export at its requester's wish: revoked where a book is there, cancelled before.

Laws
1. From the commit on nothing of it is shown or served; its keys are destroyed by the sweep.
2. Whether anything had left before is said from the ledger: any release that started counts.
3. Ending it again changes nothing and answers the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from api.held_keys import HeldKeys
from api.signed_in import SignedIn
from audit.counts import count_entries
from audit.entry import Resource
from audit.events import Event
from exports.export import Export, read_export_id
from exports.states import Reason, State
from house.wiring import House
from policies.actions import Action
from policies.gate import Ask
from runtime.broker import SWEEP, wake
from runtime.database import reading
from store.exports import export_by_id, move_unclaimed

_ENDED = frozenset({State.REVOKED, State.CANCELLED, State.PURGED})


@dataclass(frozen=True, kw_only=True)
class Ended:
    """An export that is over; `opened` when anything of it had left the house before."""

    export: Export
    opened: bool


def revoke_export(house: House, visitor: SignedIn, keys: HeldKeys, export: str) -> Ended:
    """Revoke an export of one's own.

    Raises ExportNotFoundError, RefusedError, WrongStateError (it is just being sent, or it failed).
    """
    export = read_export_id(export)
    with house.gate.transaction(visitor.who) as tx:
        resource = Resource(kind="export", id=export)
        permit = tx.decide(Ask(action=Action.REVOKE_EXPORT, resource=resource))
        found = export_by_id(tx.connection, export)
        opened = count_entries(tx.connection, event=Event.RELEASE_STARTED, export=export) > 0
        if found.state not in _ENDED:
            end = State.CANCELLED if found.state is State.ACCEPTED else State.REVOKED
            reason = _reason(end, opened=opened)
            move_unclaimed(tx.connection, export, found.state, end, reason=reason.value, next_at=None)
            tx.record(
                Event.EXPORT_REVOKED,
                Action.REVOKE_EXPORT,
                resource,
                because=permit,
                **found.as_fields(),
                state=end.value,
                reason=reason.value,
            )
    keys.drop(export)
    wake(house.queue, SWEEP)
    with reading(house.engine) as connection:
        return Ended(export=export_by_id(connection, export), opened=opened)


def _reason(end: State, *, opened: bool) -> Reason:
    if end is State.CANCELLED:
        return Reason.ASKED_BY_PERSON
    return Reason.REVOKED_AFTER_OPENING if opened else Reason.REVOKED_UNOPENED
