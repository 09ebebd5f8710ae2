"""Facts for what two people do together at the console: who is present is what the ledger says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from audit.entry import Actor
from audit.events import Event, Outcome
from audit.lookups import entries_of
from policies.facts import HoldSnapshotFacts
from policies.gate import Ask, Bound
from policies.snapshot_groups import SnapshotHold
from runtime.clock import rfc3339
from store.snapshot_source import SnapshotSource
from store.standing import service_facts

ATTEND = "AttendCommand"
HOLD_COMMAND = "snapshot-hold"
RELEASE_COMMAND = "snapshot-release-hold"
CONFIRM_COMMAND = "delegations-confirm"
PRESENT_FOR = timedelta(minutes=10)


def hold_snapshot_facts(
    connection: Connection, actor: Actor, ask: Ask, now: datetime, snapshots: SnapshotSource
) -> tuple[HoldSnapshotFacts, Bound]:
    """Return the facts of holding agents' rows of a snapshot, or, without a claim `agents`, of letting go.

    Only what is to be held is named in the permit: one to let go opens nothing in the vault.
    """
    agents: Sequence[str] = ask.claims.get("agents", ())
    review: date | None = ask.claims.get("review")
    command = HOLD_COMMAND if agents else RELEASE_COMMAND
    hold = SnapshotHold(
        present=len(present_at(connection, f"{command}:{ask.resource.id}", now)),
        stands=snapshots.is_holdable(connection, ask.resource.id, agents),
        review_ahead=not agents or (review is not None and review > now.date()),
    )
    bound = Bound(objects=tuple(ask.claims.get("objects", ())), reason=ask.claims.get("reason"))
    return HoldSnapshotFacts(person=service_facts(actor), hold=hold), bound


def present_at(connection: Connection, command: str, now: datetime) -> set[str]:
    """Return who showed, within the last minutes, that they are present at a command."""
    since = rfc3339(now - PRESENT_FOR)
    shown = entries_of(connection, action=ATTEND, events={Event.COMMAND_ISSUED}, since=since)
    return {
        found.entry.actor.id
        for found in shown
        if found.entry.outcome is Outcome.DONE and found.entry.resource.id == command
    }
