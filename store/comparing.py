"""The fact source with people's records compared: whether everybody concerned is as the ledger has them.

Law: of the facts that `recorded` stands in, the inner source says False; True is said here alone,
after one look-up in the gate's transaction (rule F03).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, select

from audit.entry import Actor
from policies.facts import Facts
from policies.gate import Ask, Bound, FactSource
from store.records import Records
from store.tables import exports, invitations, people

_GROUPS: Final = ("person", "account")


class ComparedFacts:
    """Facts of an inner source, with people's records compared besides."""

    def __init__(self, inner: FactSource, records: Records) -> None:
        self._inner = inner
        self._records = records

    def lock(self, connection: Connection, actor: Actor) -> None:
        """Hold the actor's row until the transaction ends."""
        self._inner.lock(connection, actor)

    def look_up(self, connection: Connection, actor: Actor, ask: Ask, now: datetime) -> tuple[Facts, Bound]:
        """Return the facts of now and what a permit would name."""
        facts, bound = self._inner.look_up(connection, actor, ask, now)
        whose = _concerned(actor, ask, bound)
        is_recorded = not whose or self._records.are_sound(connection, whose)
        groups: dict[str, Any] = {
            name: replace(getattr(facts, name), recorded=is_recorded)
            for name in _GROUPS
            if hasattr(facts, name)
        }
        return replace(facts, **groups), bound


def _concerned(actor: Actor, ask: Ask, bound: Bound) -> list[ColumnElement[bool]]:
    """Return who is concerned by a decision, as conditions on people."""
    resource = ask.resource
    whose: list[ColumnElement[bool]] = []
    if actor.kind == "person":
        whose.append(people.c.id == actor.id)
    if resource.kind == "person" and resource.id != actor.id:
        whose.append(people.c.id == resource.id)
    if resource.kind == "invitation":
        invited = select(invitations.c.person).where(invitations.c.id == resource.id)
        whose.append(people.c.id == invited.scalar_subquery())
    if resource.kind == "export" and actor.kind != "person":
        asker = select(exports.c.requester).where(exports.c.id == resource.id)
        whose.append(people.c.id == asker.scalar_subquery())
    if bound.agent is not None:
        whose.append(people.c.licence == bound.agent)
    return whose
