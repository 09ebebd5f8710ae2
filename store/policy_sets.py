"""Policy sets as the ledger tells of them: proposed, approved by somebody, in force.

Law: which set is in force is what the newest `policy.adopted` says, and nothing beside the ledger.
"""

from __future__ import annotations

from sqlalchemy import Connection

from audit.events import Event
from audit.lookups import entries_of
from policies.actions import Action

KIND = "policy"
"""The kind of resource that a policy set is in entries; its id is the set's digest."""


def adopted_set(connection: Connection) -> str | None:
    """Return the digest of the set that was adopted last, or None before the first."""
    adopted = _named(connection, Event.POLICY_ADOPTED)
    return adopted[-1] if adopted else None


def proposed_sets(connection: Connection) -> list[str]:
    """Return the digests of every set that was proposed, oldest first."""
    return _named(connection, Event.POLICY_PROPOSED)


def approvers(connection: Connection, digest: str) -> list[str]:
    """Return who approved a set since a set was adopted last, each once and in that order."""
    people: dict[str, None] = {}
    events = {Event.POLICY_APPROVED, Event.POLICY_ADOPTED}
    for found in entries_of(connection, action=Action.APPROVE_POLICY.value, events=events):
        if found.entry.event is Event.POLICY_ADOPTED:
            people.clear()
        elif found.entry.resource.id == digest:
            people[found.entry.actor.id] = None
    return list(people)


def _named(connection: Connection, event: Event) -> list[str]:
    found = entries_of(connection, action=Action.APPROVE_POLICY.value, events={event})
    return [one.entry.resource.id for one in found]
