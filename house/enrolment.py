"""Give a person a password and a second factor at the console: demo installations only.

The gate refuses it outside demo mode. A person who has a password already keeps it: a
second enrolment would be a reset of factors, which starts the hold of rule R38.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from audit.entry import Resource
from audit.events import Event
from house.passwords import Passwords
from house.wiring import House
from identity.people import Person
from policies.actions import Action
from policies.gate import Ask, Who
from runtime.database import reading
from store.people import keep_password, person_by_licence, person_by_username

_PASSWORD_BYTES = 15


class EnrolledAlreadyError(Exception):
    """The person can sign in already."""


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """What a person signs in with; shown once."""

    username: str
    password: str = field(repr=False)
    totp_secret: str = field(repr=False)


def enrol_person(house: House, who: Who, licence: str) -> SignIn:
    """Make a password (stored as argon2id hash) and a TOTP secret for an agent of the roster.

    Raises PersonNotFoundError, EnrolledAlreadyError, the gate's errors and the vault's.
    """
    with reading(house.engine) as connection:
        person = person_by_licence(connection, licence)
    return _enrol(house, who, person)


def enrol_member(house: House, who: Who, username: str) -> SignIn:
    """Do the same for a reviewer or an operator, who have no licence."""
    with reading(house.engine) as connection:
        person = person_by_username(connection, username)
    return _enrol(house, who, person)


def _enrol(house: House, who: Who, person: Person) -> SignIn:
    if person.password_hash is not None:
        raise EnrolledAlreadyError("this person is enrolled already; what they sign in with was shown once")
    resource = Resource(kind="person", id=person.id)
    with house.gate.transaction(who) as tx:
        permit = tx.decide(Ask(action=Action.ENROL_FACTOR, resource=resource))
    # Dying from here on leaves a factor without a password, which opens nothing; enrol again.
    secret = house.vault.enrol_factor(permit.index)
    password = secrets.token_urlsafe(_PASSWORD_BYTES)
    hashed = Passwords().hash(password)
    with house.gate.transaction(who) as tx:
        keep_password(tx.connection, person.id, hashed)
        record = house.records.of(tx.connection, person.id)
        tx.record(Event.PERSON_ENROLLED, Action.ENROL_FACTOR, resource, because=permit, record=record)
    return SignIn(username=person.username, password=password, totp_secret=secret)
