"""Legal holds: what is kept of a snapshot beyond its weeks, and that nobody reads it meanwhile.

Laws
1. Held are agents' shards: the ciphertext in an object of its own, the key in the vault under a name
   of its own. Nothing here opens them, and no call of the vault gives the key out.
2. A snapshot of which a hold is being placed isn't destroyed; once it is placed, the rest goes.
3. A hold is placed once. What was let go is destroyed and can't be held again.

Format of a held object: one line of canonical JSON (RFC 8785) with `v` (1), `attempt`, `agent`,
`position`, `rows`, `sha256` (hex, of the ciphertext) and `schema` (base64 of the Arrow schema's IPC
message), a line feed, and the shard's ciphertext as it lay in the snapshot.
"""

from __future__ import annotations

import base64
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

import rfc8785
from sqlalchemy import Connection, insert, select, update

from runtime.objects import ObjectExistsError, Objects
from snapshot.published import PublishedSnapshot
from snapshot.shards import ShardError, find_shard
from snapshot.tables import State, snapshot_agents, snapshot_holds, snapshots

VERSION: Final = 1


class HoldReason(StrEnum):
    """Why rows are held: a code, since the ledger takes no free text."""

    LITIGATION = "litigation"
    COURT = "court-order"
    REGULATOR = "regulator-request"
    INVESTIGATION = "investigation"


class HoldState(StrEnum):
    """How far a hold is; each is followed by the next one."""

    PLACING = "placing"
    HELD = "held"
    RELEASING = "releasing"
    RELEASED = "released"


@dataclass(frozen=True, kw_only=True)
class Hold:
    """One agent's rows of one snapshot; `ended_at` is when they were destroyed (RFC 3339)."""

    attempt: str
    agent: str
    state: HoldState
    reason: HoldReason
    review_on: date
    asked_at: str
    ended_at: str | None

    def is_overdue(self, today: date) -> bool:
        """Tell whether somebody should have looked whether it is still needed."""
        return self.state is HoldState.HELD and self.review_on < today


def hold_object(attempt: str, agent: str) -> str:
    """Return the vault's name for the key of a held shard."""
    return f"hold:{attempt}:{agent}"


def held_name(attempt: str, agent: str) -> str:
    """Return the name of the object that holds a held shard."""
    return f"held/{attempt}/{agent.lower()}"


def list_holds(connection: Connection, *states: HoldState, attempt: str | None = None) -> list[Hold]:
    """Return holds, the oldest first: of some states only, or of one snapshot."""
    query = select(snapshot_holds).order_by(snapshot_holds.c.asked_at, snapshot_holds.c.agent)
    if states:
        query = query.where(snapshot_holds.c.state.in_(states))
    if attempt is not None:
        query = query.where(snapshot_holds.c.attempt == attempt)
    return [
        Hold(
            **dict(row)
            | {
                "state": HoldState(row["state"]),
                "reason": HoldReason(row["reason"]),
                "review_on": date.fromisoformat(row["review_on"]),
            }
        )
        for row in connection.execute(query).mappings()
    ]


def can_be_held(connection: Connection, attempt: str, agents: Collection[str]) -> bool:
    """Tell whether a published snapshot is still stored, has rows of all these agents, and none let go.

    What is held already can be held on, however long its snapshot is gone: for another reason or date.
    """
    if agents and held_of(connection, attempt).issuperset(agents):
        return True
    state = connection.execute(select(snapshots.c.state).where(snapshots.c.attempt == attempt)).scalar()
    rows = select(snapshot_agents.c.agent).where(snapshot_agents.c.attempt == attempt)
    over = {
        hold.agent
        for hold in list_holds(connection, HoldState.RELEASING, HoldState.RELEASED, attempt=attempt)
    }
    found = set(connection.execute(rows).scalars()) - over
    return state == State.PUBLISHED and bool(agents) and found.issuperset(agents)


def held_of(connection: Connection, attempt: str) -> frozenset[str]:
    """Return the agents whose rows of a snapshot are held."""
    return frozenset(hold.agent for hold in list_holds(connection, HoldState.HELD, attempt=attempt))


def can_be_released(connection: Connection, attempt: str) -> bool:
    """Tell whether anything of a snapshot is held, or about to be."""
    return bool(list_holds(connection, HoldState.PLACING, HoldState.HELD, attempt=attempt))


def is_let_go(connection: Connection, object_id: str) -> bool:
    """Tell whether a held shard's key, by the vault's name for it, may be destroyed."""
    return any(
        hold_object(hold.attempt, hold.agent) == object_id
        for hold in list_holds(connection, HoldState.RELEASING)
    )


def note_placing(
    connection: Connection, attempt: str, agent: str, reason: HoldReason, review: date, at: str
) -> None:
    """Note that a hold is asked for; of one that stands already, the reason and the date are changed."""
    mine = snapshot_holds.c.attempt == attempt, snapshot_holds.c.agent == agent
    said = {"reason": reason.value, "review_on": review.isoformat()}
    if not connection.execute(update(snapshot_holds).where(*mine).values(said)).rowcount:
        row = {"attempt": attempt, "agent": agent, "state": HoldState.PLACING, "asked_at": at}
        connection.execute(insert(snapshot_holds).values(row | said))


def move_hold(connection: Connection, attempt: str, end: HoldState, at: str, *agents: str) -> None:
    """Move a snapshot's holds (of some agents only, if any are named) to a later state."""
    order = list(HoldState)
    mine = (
        snapshot_holds.c.attempt == attempt,
        snapshot_holds.c.state.in_([state.value for state in order[: order.index(end)]]),
        *([snapshot_holds.c.agent.in_(agents)] if agents else []),
    )
    ended = {"ended_at": at} if end is HoldState.RELEASED else {}
    connection.execute(update(snapshot_holds).where(*mine).values(state=end.value, **ended))


def copy_shard(objects: Objects, index_key: bytes, snapshot: PublishedSnapshot, agent: str) -> None:
    """Copy an agent's shard, sealed as it is, to an object of its own. Raises ShardError."""
    found = find_shard(objects, index_key, snapshot, agent)
    if found is None:
        raise ShardError("the snapshot holds no shard of this agent")
    header = rfc8785.dumps(
        {
            "v": VERSION,
            "attempt": snapshot.attempt,
            "agent": agent,
            "position": found.part.position,
            "rows": found.part.rows,
            "sha256": found.part.sha256,
            "schema": base64.b64encode(found.schema.serialize().to_pybytes()).decode(),
        }
    )
    # The same bytes each time: whoever was interrupted finds the copy that they made.
    with suppress(ObjectExistsError):
        objects.put(held_name(snapshot.attempt, agent), header + b"\n" + found.sealed)
