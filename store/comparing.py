"""The fact source with people's records compared: whether everybody concerned is as the ledger has them.

Law: of the facts that `recorded` stands in, the inner source says False; True is said here alone,
after one look-up in the gate's transaction (rule F03).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, select

from audit.entry import Actor
from policies.facts import Facts
from policies.gate import Ask, Bound, FactSource
from runtime.parts import in_parts
from store.api_keys import KEY_KIND
from store.records import Records, comparing
from store.system_facts import SYSTEM
from store.tables import api_keys, exports, invitations, people

_AT_ONCE: Final = 500
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
        is_recorded = not whose or self._records.fit(connection, _asking(tuple(whose)), whose)
        is_recorded = is_recorded and self._are_keys_sound(connection, actor, ask)
        groups: dict[str, Any] = {
            name: replace(getattr(facts, name), recorded=is_recorded)
            for name in _GROUPS
            if hasattr(facts, name)
        }
        return replace(facts, **groups), bound

    def _are_keys_sound(self, connection: Connection, actor: Actor, ask: Ask) -> bool:
        """Tell whether the key that asks, or is asked about, and the agents whom it speaks of are so too."""
        keys, agents = self._records.keys, sorted(set(ask.claims.get("agents", ())))
        if actor.kind == SYSTEM:
            # The exchange's keys ask for nobody's agency, so that nothing rests on the agents' records.
            is_agencys = (
                select(api_keys.c.agency).where(api_keys.c.id == actor.id).scalar_subquery().is_not(None)
            )
            return keys.is_sound(connection, actor.id) and all(
                self._records.are_sound(connection, [people.c.licence.in_(some) & is_agencys])
                for some in in_parts(agents, _AT_ONCE)
            )
        return ask.resource.kind != KEY_KIND or keys.is_sound(connection, ask.resource.id)


_invited = select(invitations.c.person).where(invitations.c.id == bindparam("invitation"))
_issuer = select(api_keys.c.issuer).where(api_keys.c.id == bindparam("key"))
_asker = select(exports.c.requester).where(exports.c.id == bindparam("export"))
_CONDITIONS: Final = {
    "actor": people.c.id == bindparam("actor"),
    "person": people.c.id == bindparam("person"),
    "invitation": people.c.id == _invited.scalar_subquery(),
    "export": people.c.id == _asker.scalar_subquery(),
    "key": people.c.id == _issuer.scalar_subquery(),
    "agent": people.c.licence == bindparam("agent"),
}
"""Who may be concerned: by what decides who it is, the condition on people."""


@cache
def _asking(names: tuple[str, ...]) -> Select[Any]:
    """Return the query for those concerned; made once, since making it takes longer than asking."""
    return comparing(*(_CONDITIONS[name] for name in names))


def _concerned(actor: Actor, ask: Ask, bound: Bound) -> dict[str, str]:
    """Return who is concerned by a decision: what decides who it is, by its name in `_CONDITIONS`."""
    resource = ask.resource
    whose: dict[str, str] = {}
    if actor.kind == "person":
        whose["actor"] = actor.id
    if actor.kind == SYSTEM:
        whose["key"] = actor.id
    if resource.kind == "person" and resource.id != actor.id:
        whose["person"] = resource.id
    if resource.kind == "invitation":
        whose["invitation"] = resource.id
    if resource.kind == "export" and actor.kind != "person":
        whose["export"] = resource.id
    if bound.agent is not None:
        whose["agent"] = bound.agent
    return whose
