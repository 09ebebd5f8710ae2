"""Facts for what systems do with their keys, and for who issues and revokes these.

Law: a key speaks for its agency as long as who issued it does. Which agents are the agency's says the
roster, and how often and when the key was used the ledger.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from audit.counts import count_entries
from audit.entry import Actor
from audit.events import Event, Outcome
from identity.invitations import CONSOLE
from identity.people import Person, Role
from policies.fact_groups import Person as PersonFacts
from policies.facts import EndDelegationsFacts, ManageKeysFacts
from policies.gate import Ask, Bound
from policies.numbers import Numbers
from policies.system_facts import Feed, Key, Keyring
from runtime.clock import parse_rfc3339, rfc3339
from runtime.parts import in_parts
from store.api_keys import ApiKey, KeyState, find_key, last_uses
from store.people import PersonNotFoundError, person_by_id
from store.standing import session_facts, who_asks
from store.tables import api_keys, people

SYSTEM = "system"
"""The kind, and the role, of an actor who shows a key."""

_DAY = timedelta(days=1)
_AT_ONCE = 500
_OF_PEOPLE = Key(known=True, revoked=False, expired=False, issuer_stands=True)


class SystemFacts:
    """Looks up these facts, by action; the signatures are those of `HouseFacts`."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers

    def end_delegations(
        self, connection: Connection, actor: Actor, ask: Ask, now: datetime
    ) -> tuple[EndDelegationsFacts, Bound]:
        """Return the facts of ending delegations by a feed; a claim `agents` names whose."""
        if actor.kind != SYSTEM:
            feed = Feed(within_scope=True, feeds_24h=0)
            who = who_asks(connection, actor, self._numbers, now)
            return EndDelegationsFacts(**who, key=_OF_PEOPLE, feed=feed), Bound()
        key = find_key(connection, actor.id)
        issuer = None if key is None else _issuer(connection, key)
        posted = count_entries(
            connection,
            event=Event.DELEGATION_REQUESTED,
            outcome=Outcome.PERMIT,
            actor=actor.id,
            since=rfc3339(now - _DAY),
        )
        facts = EndDelegationsFacts(
            person=PersonFacts(
                role=actor.role,
                disabled=issuer is not None and (issuer.disabled or not issuer.listed),
                idle_days=0 if key is None else _idle_days(connection, key, now),
                recorded=False,
            ),
            session=session_facts(connection, actor, self._numbers, now),
            key=Key(
                known=key is not None,
                revoked=key is not None and key.revoked_at is not None,
                expired=key is not None and key.state(now) is KeyState.EXPIRED,
                issuer_stands=key is not None and _stands(key, issuer),
            ),
            feed=Feed(
                within_scope=key is not None and _is_within(connection, key, ask.claims["agents"]),
                feeds_24h=posted,
            ),
        )
        return facts, Bound()

    def manage_keys(
        self, connection: Connection, actor: Actor, ask: Ask, now: datetime
    ) -> tuple[ManageKeysFacts, Bound]:
        """Return the facts of issuing (a claim `fresh`) or revoking the key that is the ask's resource."""
        person = None if actor.kind == "operator" else person_by_id(connection, actor.id)
        if ask.claims.get("fresh"):
            own = is_for_all(person) or bool(person and person.papers.agency_id)
        else:
            key = find_key(connection, ask.resource.id)
            own = key is not None and is_theirs(key, person)
        who = who_asks(connection, actor, self._numbers, now)
        return ManageKeysFacts(**who, keyring=Keyring(own=own)), Bound()


def hold_actor(connection: Connection, actor: Actor) -> None:
    """Hold the row of who asks until the transaction ends. SQLite's one writer is the lock already."""
    if connection.dialect.name != "sqlite":
        mine = (api_keys if actor.kind == SYSTEM else people).c.id
        connection.execute(select(mine).where(mine == actor.id).with_for_update())


def is_for_all(person: Person | None) -> bool:
    """Tell whether the exchange's keys are a person's work: an operator's, also at the console (None)."""
    return person is None or person.role is Role.OPERATOR


def is_theirs(key: ApiKey, person: Person | None) -> bool:
    """Tell whether a key is a person's to see and to revoke; without a person it is the console that asks."""
    if person is None or is_for_all(person):
        return True
    is_of_agency = bool(person.papers.agency_id) and person.papers.agency_id == key.agency
    return person.role is Role.MANAGER and (is_of_agency or key.issuer == person.id)


def _issuer(connection: Connection, key: ApiKey) -> Person | None:
    try:
        return person_by_id(connection, key.issuer)
    except PersonNotFoundError:
        return None


def _stands(key: ApiKey, issuer: Person | None) -> bool:
    if key.agency is None:
        return key.issuer == CONSOLE or (issuer is not None and issuer.role is Role.OPERATOR)
    return issuer is not None and issuer.role is Role.MANAGER and issuer.papers.agency_id == key.agency


def _idle_days(connection: Connection, key: ApiKey, now: datetime) -> int:
    used = last_uses(connection, [key.id]).get(key.id, key.issued_at)
    return (now - parse_rfc3339(used)) // _DAY


def _is_within(connection: Connection, key: ApiKey, agents: Collection[str]) -> bool:
    if key.agency is None:
        return True
    named = sorted(set(agents))
    found = 0
    for some in in_parts(named, _AT_ONCE):
        mine = (people.c.agency_id == key.agency) & people.c.licence.in_(some)
        found += connection.execute(select(func.count()).select_from(people).where(mine)).scalar_one()
    return 0 < found == len(named)
