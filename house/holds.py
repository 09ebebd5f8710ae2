"""Place and release legal holds: what two people present decide, the vault and the objects follow.

Laws
1. Placing: permit and note, the vault keeps the shards' keys, the shards are copied, the entry. What
   dies on the way keeps the snapshot from being destroyed, and is finished by the same command.
2. Releasing: permit, note and entry in one transaction; the sweep has the keys destroyed, with a
   record, and deletes the copies.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime

from audit.entry import Resource
from audit.events import Event
from house.wiring import House
from policies.actions import Action
from policies.gate import Ask, Who
from runtime.clock import rfc3339
from runtime.database import reading
from runtime.parts import in_parts
from snapshot.holds import (
    HoldReason,
    HoldState,
    copy_shard,
    held_of,
    hold_object,
    list_holds,
    move_hold,
    note_placing,
)
from snapshot.published import SnapshotNotFoundError, list_snapshots, published_snapshot
from store.attendance import HOLD_COMMAND, RELEASE_COMMAND

MOST_AT_ONCE = 256
"""As many objects as an entry names at most."""


class HoldError(Exception):
    """The hold can't be placed as asked; the message says why."""


def present_to_hold(attempt: str) -> str:
    """Return the id of the command at which two people are present to hold rows of a snapshot."""
    return f"{HOLD_COMMAND}:{attempt}"


def present_to_release(attempt: str) -> str:
    """Return the id of the command at which two people are present to let go what is held of it."""
    return f"{RELEASE_COMMAND}:{attempt}"


def find_held(house: House, text: str) -> str:
    """Return the published attempt of an attempt's id, or of a cut-off (RFC 3339): its newest revision."""
    with suppress(ValueError):
        moment = datetime.fromisoformat(text)
        text = rfc3339(moment) if moment.tzinfo else text
    with reading(house.engine) as connection:
        lines = list_snapshots(connection)
    named = [line for line in lines if text in {line.attempt, rfc3339(line.as_of)} and line.published_at]
    if not named:
        raise SnapshotNotFoundError("no published snapshot has this attempt or this cut-off")
    return max(named, key=lambda line: line.revision or 0).attempt


def place_hold(
    house: House, who: Who, attempt: str, agents: Sequence[str], reason: HoldReason, review: date
) -> None:
    """Hold agents' rows of a published snapshot, or hold them on. Raises HoldError, RefusedError.

    Of rows that are held already only the reason and the date of review are noted anew; nothing else
    is done with them, so that it can be after their snapshot is gone. Raises the vault's and the
    shards' errors where rows are held for the first time.
    """
    resource = Resource(kind="attempt", id=attempt)
    held = tuple(sorted(set(agents)))
    if not 0 < len(held) <= MOST_AT_ONCE:
        raise HoldError(f"name 1 to {MOST_AT_ONCE} agents whose rows are to be held; for more, ask again")
    objects = tuple(hold_object(attempt, agent) for agent in held)
    claims = {"agents": held, "objects": objects, "reason": reason.value, "review": review}
    with house.gate.transaction(who) as tx:
        pending = tx.decide(Ask(action=Action.HOLD_SNAPSHOT, resource=resource, claims=claims))
        is_new = not held_of(tx.connection, attempt).issuperset(held)
        for agent in held:
            note_placing(tx.connection, attempt, agent, reason, review, rfc3339(tx.now))
    permit = pending.grant()
    if is_new:
        _keep_shards(house, permit.index, attempt, held)
    with house.gate.transaction(who) as tx:
        move_hold(tx.connection, attempt, HoldState.HELD, rfc3339(tx.now), *held)
        tx.record(
            Event.HOLD_PLACED,
            Action.HOLD_SNAPSHOT,
            resource,
            because=permit,
            attempt=attempt,
            objects=objects,
            reason=reason.value,
        )


def _keep_shards(house: House, permit: int, attempt: str, agents: Sequence[str]) -> None:
    index_key = house.vault.hold_snapshot(permit)
    with reading(house.engine) as connection:
        digest = next(line.digest for line in list_snapshots(connection) if line.attempt == attempt)
        snapshot = published_snapshot(connection, digest or "")
    for agent in agents:
        copy_shard(house.objects, index_key, snapshot, agent)


def release_hold(house: House, who: Who, attempt: str) -> list[str]:
    """Let go all that is held of a snapshot; return whose rows. The sweep destroys them for good."""
    resource = Resource(kind="attempt", id=attempt)
    with house.gate.transaction(who) as tx:
        pending = tx.decide(Ask(action=Action.HOLD_SNAPSHOT, resource=resource, claims={}))
        standing = list_holds(tx.connection, HoldState.PLACING, HoldState.HELD, attempt=attempt)
        move_hold(tx.connection, attempt, HoldState.RELEASING, rfc3339(tx.now))
        names = [hold_object(attempt, hold.agent) for hold in standing]
        for some in in_parts(names, MOST_AT_ONCE):
            tx.record(
                Event.HOLD_RELEASED,
                Action.HOLD_SNAPSHOT,
                resource,
                because=pending,
                attempt=attempt,
                objects=tuple(some),
            )
    return [hold.agent for hold in standing]
