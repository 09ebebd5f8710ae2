"""Who is at the door: the session behind a cookie, and the proof that a call is the person's own.

Laws
1. A session counts while it is open, its person isn't disabled, and it is within the idle
   and absolute limits of rule R15; anything else is "signed out", for reading too.
2. Every state-changing call carries the token that the sign-in returned; it is compared in
   constant time.
3. Using a session keeps it awake. That is written at most every few seconds, so that an
   idle limit may come that much early and never late.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from typing import Annotated

from fastapi import Depends, Header, Request

from api.errors import ForgedCallError, SignedOutError
from audit.entry import Actor
from house.wiring import House
from identity.people import Person
from policies.gate import Who
from policies.numbers import Numbers
from runtime.clock import parse_rfc3339
from runtime.database import reading, writing
from store.people import PersonNotFoundError, person_by_id
from store.sessions import Session, digest_of, find_session, touch_session

COOKIE = "session"
PROOFS = ("pwd", "otp")
"""How somebody with a session signed in (RFC 8176)."""

_TOUCH_AFTER = timedelta(seconds=5)
_TEST_CLIENT = "testclient"


def house_of(request: Request) -> House:
    """Return the installation that this application serves."""
    house: House = request.app.state.house
    return house


HouseHere = Annotated[House, Depends(house_of)]


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """A person with an open session, as the gate will know them."""

    person: Person
    session: Session
    who: Who


def watching(request: Request, house: HouseHere) -> SignedIn:
    """Return who is signed in, or raise SignedOutError; watching keeps no session awake."""
    return known_by(house, request.cookies.get(COOKIE, ""), client_of(request))


def known_by(house: House, token: str, client: str) -> SignedIn:
    """Return whose session a token opens, or raise SignedOutError."""
    now = house.clock.now()
    with reading(house.engine) as connection:
        session = find_session(connection, digest_of(token)) if token else None
        if session is None or not is_alive(session, house.policy.numbers, now):
            raise SignedOutError
        try:
            person = person_by_id(connection, session.person)
        except PersonNotFoundError:
            raise SignedOutError from None
    if person.disabled:
        raise SignedOutError
    actor = Actor(kind="person", id=person.id, role=person.role.value, session=session.digest, amr=PROOFS)
    return SignedIn(person=person, session=session, who=Who(actor=actor, client=client))


Watcher = Annotated[SignedIn, Depends(watching)]


def signed_in(visitor: Watcher, house: HouseHere) -> SignedIn:
    """Return who is signed in, or raise SignedOutError; this keeps their session awake."""
    now = house.clock.now()
    if now - parse_rfc3339(visitor.session.used_at) >= _TOUCH_AFTER:
        with writing(house.engine) as connection:
            touch_session(connection, visitor.session.digest, now)
    return visitor


Visitor = Annotated[SignedIn, Depends(signed_in)]


def signed_in_to_change(
    visitor: Visitor, x_csrf_token: Annotated[str, Header(max_length=200)] = ""
) -> SignedIn:
    """Return who is signed in and proved that the call is theirs, or raise ForgedCallError."""
    prove_own(visitor, x_csrf_token)
    return visitor


Changer = Annotated[SignedIn, Depends(signed_in_to_change)]


def prove_own(visitor: SignedIn, token: str) -> None:
    """Compare the token that came with a call, or raise ForgedCallError."""
    if not hmac.compare_digest(token.encode(), visitor.session.csrf.encode()):
        raise ForgedCallError


def is_alive(session: Session, numbers: Numbers, now: datetime) -> bool:
    """Tell whether a session is open and within the limits of rule R15."""
    idle = (now - parse_rfc3339(session.used_at)).total_seconds()
    age = (now - parse_rfc3339(session.created_at)).total_seconds()
    return (
        session.ended_at is None
        and idle <= numbers.session_idle_seconds
        and age <= numbers.session_absolute_seconds
    )


def client_of(request: Request) -> str:
    """Return where a call came from: a network address in its one short form, or `local:<word>`."""
    host = request.client.host if request.client else ""
    if host == _TEST_CLIENT:
        return "local:test"
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return "local:socket"
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)
