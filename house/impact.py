"""What another policy set would change: for whom now, and in decisions that were recorded.

Laws
1. What would be stopped now is decided on the facts of now, looked up under each set, for every
   person of the roster and every export that is under way. Nothing is recorded and nothing changed.
   A fresh session is supposed, since nobody is asked.
2. A replay decides on recorded facts alone, and only on those that the decision's entry proves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from audit.entry import Actor, Entry, Resource
from audit.inputs import InputsError, kept_inputs, proven_facts
from audit.lookups import decisions_from
from exports.export import Export
from exports.states import DOWNLOADABLE, State
from house.wiring import House
from identity.people import AGENTS, Person
from policies.actions import Action
from policies.decide import Decision, decide, decide_context, with_numbers
from policies.facts import Facts
from policies.gate import Ask
from policies.rules import PolicySet
from runtime.database import reading
from store.exports import exports_in
from store.people import PersonNotFoundError, agents_of_role, person_by_id
from store.standing import console_session

_SERVICE = Actor(kind="service", id="worker", role="service")
_OWN_PURPOSE = "service-delegated-consumers"
_PAGE = 500
_UNDER_WAY = frozenset({State.ACCEPTED, State.BUILT, State.SENDING, *DOWNLOADABLE})


@dataclass(frozen=True, kw_only=True)
class Stopped:
    """Something that is possible now and would not be: whose, what, which export, and by which rules."""

    agent: str
    action: Action
    export: str | None
    rules: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Differing:
    """A recorded decision that the other set would have taken otherwise; rules are empty for a permit."""

    index: int
    entry: Entry
    now: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Replay:
    """What a replay found; `unproven` counts decisions whose facts are gone or aren't the entry's."""

    decided: int
    unproven: int
    differing: tuple[Differing, ...]


def stopped_by(house: House, old: PolicySet, new: PolicySet) -> list[Stopped]:
    """Return what the old set permits now and the new one refuses, by licence and export."""
    found: list[Stopped] = []
    now = house.clock.now()
    with reading(house.engine) as connection:
        asked = [*_requests(connection), *_under_way(connection)]
        for agent, actor, ask in asked:
            before = _decide(house, connection, old, actor, ask, now)
            after = _decide(house, connection, new, actor, ask, now)
            if before.permitted and not after.permitted:
                export = ask.resource.id if ask.action is not Action.REQUEST_EXPORT else None
                rules = tuple(rule.id for rule in after.rules)
                found.append(Stopped(agent=agent, action=ask.action, export=export, rules=rules))
    return found


def replay(house: House, new: PolicySet, since: datetime | None) -> Replay:
    """Decide recorded decisions again under another set."""
    decided = unproven = 0
    differing: list[Differing] = []
    for index, entry, facts in _recorded(house, since):
        try:
            context = with_numbers(new, proven_facts(entry, facts))
        except InputsError:
            unproven += 1
            continue
        decided += 1
        answer = decide_context(new, Action(entry.action), entry.actor.role, context)
        rules = tuple(rule.id for rule in answer.rules)
        if rules != (entry.rules or ()):
            differing.append(Differing(index=index, entry=entry, now=rules))
    return Replay(decided=decided, unproven=unproven, differing=tuple(differing))


def _recorded(house: House, since: datetime | None) -> Iterator[tuple[int, Entry, str | None]]:
    start = 0
    while True:
        with reading(house.engine) as connection:
            page = decisions_from(connection, start, since=since, limit=_PAGE)
            kept = kept_inputs(connection, [one.index for one in page])
        for one in page:
            yield one.index, one.entry, kept.get(one.index)
        if len(page) < _PAGE:
            return
        start = page[-1].index + 1


def _requests(connection: Connection) -> Iterator[tuple[str, Actor, Ask]]:
    claims = {"agent": None, "purpose": _OWN_PURPOSE, "channel": "link", "acknowledged": True}
    for role in sorted(AGENTS):
        for person in agents_of_role(connection, role):
            if person.password_hash is not None:
                ask = Ask(
                    action=Action.REQUEST_EXPORT, resource=Resource(kind="export", id="new"), claims=claims
                )
                yield person.papers.licence, _actor(person), ask


def _under_way(connection: Connection) -> Iterator[tuple[str, Actor, Ask]]:
    for export in exports_in(connection, _UNDER_WAY):
        try:
            person = person_by_id(connection, export.requester)
        except PersonNotFoundError:
            continue
        action = _next_action(export)
        if action is None:
            continue
        claims: dict[str, Any] = {
            "fencing": export.fencing, "recipient": person.papers.email, "tls_verified": True,
        }  # fmt: skip
        resource = Resource(kind="export", id=export.id)
        actor = _actor(person) if action is Action.DOWNLOAD_BOOK else _SERVICE
        yield export.agent, actor, Ask(action=action, resource=resource, claims=claims)


def _next_action(export: Export) -> Action | None:
    if export.state is State.ACCEPTED:
        return Action.BUILD_BOOK
    if export.channel == "link":
        return Action.DOWNLOAD_BOOK if export.state in DOWNLOADABLE else None
    return Action.SEND_BOOK if export.state in {State.BUILT, State.SENDING} else None


def _actor(person: Person) -> Actor:
    return Actor(kind="person", id=person.id, role=person.role.value)


def _decide(
    house: House, connection: Connection, policy: PolicySet, actor: Actor, ask: Ask, now: datetime
) -> Decision:
    facts: Facts = house.facts_under(policy).look_up(connection, actor, ask, now)[0]
    if hasattr(facts, "session"):
        fresh: Any = {"session": console_session()}
        facts = replace(facts, **fresh)
    return decide(policy, ask.action, actor.role, facts)
