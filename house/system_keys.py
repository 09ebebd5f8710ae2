"""Issue and revoke the keys of systems: an agency's by its managers, the exchange's by its operators.

Laws
1. The key itself is handed out once and kept nowhere: not in the database, the ledger or a log.
2. Each change is one transaction: permit, row, and an entry with the digest of the row as it then is.
3. What is revoked stays revoked; revoking it again changes nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from audit.entry import Resource
from audit.events import Event
from house.wiring import House
from identity.invitations import CONSOLE
from identity.people import Person, Role
from policies.actions import Action
from policies.gate import Ask, Who
from runtime.database import reading
from store.api_keys import (
    KEY_KIND,
    ApiKey,
    KeyNotFoundError,
    find_key,
    keep_key,
    last_uses,
    list_keys,
    new_key,
    note_revoked,
)
from store.people import PersonNotFoundError, person_by_id
from store.system_facts import is_for_all, is_theirs

UNSOUND = "changed"
"""The state of a key whose row was changed outside the service."""
_ID = re.compile(r"[0-9a-f]{16}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Issued:
    """A fresh key; `token` is shown once."""

    key: ApiKey
    token: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class KeyTold:
    """A key as those see it who answer for it; moments are RFC 3339, `state` one of KeyState or UNSOUND."""

    key: ApiKey
    issued_by: str
    last_used_at: str | None
    state: str


def issue_key(house: House, who: Who, label: str) -> Issued:
    """Issue a key: an agency's for a manager, the exchange's for an operator. Raises RefusedError."""
    fresh, token = new_key()
    resource = Resource(kind=KEY_KIND, id=fresh)
    with house.gate.transaction(who) as tx:
        permit = tx.decide(Ask(action=Action.MANAGE_KEYS, resource=resource, claims={"fresh": True}))
        person = None if who.actor.kind == "operator" else person_by_id(tx.connection, who.actor.id)
        key = keep_key(
            tx.connection,
            fresh,
            token,
            label=label,
            issuer=CONSOLE if person is None else person.id,
            agency=None if person is None or is_for_all(person) else person.papers.agency_id,
            now=tx.now,
            days=house.policy.numbers.api_key_days,
        )
        record = house.records.keys.of(tx.connection, fresh)
        tx.record(Event.APIKEY_ISSUED, Action.MANAGE_KEYS, resource, because=permit, record=record)
    return Issued(key=key, token=token)


def revoke_key(house: House, who: Who, key: str) -> ApiKey:
    """Revoke a key for good; return it as it then is. Raises KeyNotFoundError and RefusedError."""
    if not _ID.fullmatch(key):
        raise KeyNotFoundError("there is no such key")
    resource = Resource(kind=KEY_KIND, id=key)
    with house.gate.transaction(who) as tx:
        permit = tx.decide(Ask(action=Action.MANAGE_KEYS, resource=resource))
        if note_revoked(tx.connection, key, tx.now):
            record = house.records.keys.of(tx.connection, key)
            tx.record(Event.APIKEY_REVOKED, Action.MANAGE_KEYS, resource, because=permit, record=record)
        revoked = find_key(tx.connection, key)
    if revoked is None:
        raise KeyNotFoundError("there is no such key")
    return revoked


def keys_of(house: House, person: Person | None) -> list[KeyTold]:
    """Return the keys that somebody answers for, newest first; all at the console (None).

    Raises KeyNotFoundError for those who have none to do with.
    """
    if person is not None and person.role not in {Role.MANAGER, Role.OPERATOR}:
        raise KeyNotFoundError("keys are the managers' and operators'")
    now = house.clock.now()
    told = []
    with reading(house.engine) as connection:
        mine = [key for key in list_keys(connection) if is_theirs(key, person)]
        uses = last_uses(connection, [key.id for key in mine])
        unsound = frozenset(house.records.keys.unsound(connection))
        for key in mine:
            try:
                issued_by = person_by_id(connection, key.issuer).papers.name
            except PersonNotFoundError:
                issued_by = key.issuer
            told.append(
                KeyTold(
                    key=key,
                    issued_by=issued_by,
                    last_used_at=uses.get(key.id),
                    state=UNSOUND if key.id in unsound else key.state(now).value,
                )
            )
    return told
