"""Signing in and out: `/v1/sessions`, `/v1/step-up`, `/v1/me`.

Laws
1. Password and second factor are tried before the gate's transaction, both, always, for
   names that don't exist too; the gate then decides by the outcomes.
2. A typed name is never recorded and never logged: whoever isn't known is `unknown`. Their
   failures are counted by network and minute (`store/strangers.py`), in place of an entry each.
3. A new sign-in ends the person's other sessions (rule R12). The cookie's token is kept
   nowhere; the ledger has its SHA-256.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from api.documented import PROBLEMS
from api.pages.papers import papers_of
from api.signed_in import COOKIE, Changer, HouseHere, Visitor, client_of
from api.strangers import refuse_stranger
from audit.entry import Actor, Resource
from audit.events import Event
from house.passwords import Passwords
from house.wiring import House
from identity.people import Person
from policies.actions import Action
from policies.gate import Ask, RefusedError, Who
from policies.maskers import Masker, mask
from runtime.clock import parse_rfc3339, rfc3339
from runtime.database import reading
from store.people import PersonNotFoundError, keep_sign_in, person_by_username
from store.sessions import Session, digest_of, end_session, new_token, start_session, touch_session
from store.standing import hold_end
from vault.errors import Code, VaultRefusedError

UNKNOWN = "unknown"
_CODE = re.compile(r"[0-9]{6}", re.ASCII)

router = APIRouter(prefix="/v1", tags=["sessions"], responses=PROBLEMS)


class SignIn(BaseModel):
    """What a person signs in with."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    username: str = Field(min_length=1, max_length=128)
    password: SecretStr = Field(min_length=1, max_length=1024)
    totp: SecretStr = Field(min_length=1, max_length=32, description="the authenticator's six digits")


class StepUp(BaseModel):
    """A fresh second factor."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    totp: SecretStr = Field(min_length=1, max_length=32, description="the authenticator's six digits")


class SessionStarted(BaseModel):
    """A session as its person has it; moments are RFC 3339 in UTC."""

    person: str
    role: str
    csrf: str = Field(description="goes into X-CSRF-Token of every state-changing call")
    expires_at: str = Field(description="the session's end, however much it is used")


class Lapsing(BaseModel):
    """A paper that lapses soon or lapsed: good through a day in California."""

    name: str
    through: date
    days_left: int
    standing: str


class Me(BaseModel):
    """Who is signed in."""

    person: str
    role: str
    username: str
    name: str
    licence: str | None
    agency: str | None
    expires_at: str
    mfa_until: str = Field(description="until then the last second factor counts as fresh")
    address: str | None = Field(description="the registered mail address, masked")
    hold_until: str | None = Field(description="until then nothing is handed over (rule R38)")
    lapsing: list[Lapsing] = Field(description="what lapses within 60 days or did, soonest first")


def passwords_of(request: Request) -> Passwords:
    """Return what verifies passwords here."""
    passwords: Passwords = request.app.state.passwords
    return passwords


@router.post("/sessions", status_code=201)
def sign_in(
    body: SignIn,
    request: Request,
    response: Response,
    house: HouseHere,
    passwords: Annotated[Passwords, Depends(passwords_of)],
) -> SessionStarted:
    """Sign in. The session is in the cookie `session`; it counts as a fresh second factor."""
    person = _find(house, body.username)
    password_ok = passwords.is_right(
        person.password_hash if person else None, body.password.get_secret_value()
    )
    factor_ok = is_right_code(house, person.id if person else UNKNOWN, body.totp)
    token = new_token()
    both = digest_of(token) if password_ok and factor_ok else None
    who = Who(
        actor=_actor(person, both, password_ok=password_ok, factor_ok=factor_ok), client=client_of(request)
    )
    if person is None:
        refuse_stranger(house, who)
    claims = {"password_ok": password_ok, "second_factor_ok": factor_ok}
    resource = Resource(kind="person", id=who.actor.id)
    try:
        with house.gate.transaction(who) as tx:
            permit = tx.decide(Ask(action=Action.SIGN_IN, resource=resource, claims=claims))
            session, ended = start_session(tx.connection, who.actor.id, token, tx.now)
            keep_sign_in(tx.connection, who.actor.id, tx.now)
            for digest in ended:
                tx.record(Event.SESSION_ENDED, Action.SIGN_IN, _resource(digest), because=permit)
            tx.record(Event.SESSION_STARTED, Action.SIGN_IN, _resource(session.digest), because=permit)
    except RefusedError as refused:
        # Its entry's place would tell a known name from an unknown one, which has no entry of its own.
        refused.decision = None
        raise
    response.set_cookie(
        COOKIE, token, path="/", httponly=True, samesite="strict", secure=request.url.scheme == "https"
    )
    return SessionStarted(
        person=session.person, role=who.actor.role, csrf=session.csrf, expires_at=_ends_at(house, session)
    )


@router.post("/step-up", status_code=204)
def step_up(body: StepUp, visitor: Changer, house: HouseHere) -> None:
    """Give a fresh second factor, for what asks for one."""
    factor_ok = is_right_code(house, visitor.person.id, body.totp)
    claims = {"password_ok": True, "second_factor_ok": factor_ok}
    resource = Resource(kind="person", id=visitor.person.id)
    with house.gate.transaction(visitor.who) as tx:
        tx.decide(Ask(action=Action.SIGN_IN, resource=resource, claims=claims))
        touch_session(tx.connection, visitor.session.digest, tx.now, mfa=True)


@router.delete("/sessions/current", status_code=204)
def sign_out(response: Response, visitor: Changer, house: HouseHere) -> None:
    """End the session."""
    with house.gate.transaction(visitor.who) as tx:
        end_session(tx.connection, visitor.session.digest, tx.now)
        tx.record(Event.SESSION_ENDED, Action.SIGN_IN, _resource(visitor.session.digest))
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")


@router.get("/me")
def show_me(visitor: Visitor, house: HouseHere) -> Me:
    """Say who is signed in, and until when."""
    papers = visitor.person.papers
    fresh = timedelta(seconds=house.policy.numbers.mfa_fresh_seconds)
    return Me(
        person=visitor.person.id,
        role=visitor.person.role.value,
        username=visitor.person.username,
        name=papers.name,
        licence=papers.licence or None,
        agency=papers.agency_name or None,
        expires_at=_ends_at(house, visitor.session),
        mfa_until=rfc3339(parse_rfc3339(visitor.session.mfa_at) + fresh),
        address=mask(Masker.EMAIL, papers.email),
        hold_until=_hold_until(house, visitor.person),
        lapsing=_lapsing(house, visitor.person),
    )


def _hold_until(house: House, person: Person) -> str | None:
    now = house.clock.now()
    end = hold_end(person, house.policy.numbers)
    return rfc3339(end) if end is not None and end > now else None


def _lapsing(house: House, person: Person) -> list[Lapsing]:
    if not person.is_agent:
        return []
    return [
        Lapsing(name=paper.name, through=paper.through, days_left=paper.days, standing=paper.standing)
        for paper in papers_of(person.papers, house.policy.numbers, house.clock.now())
        if paper.standing != "good"
    ]


def _find(house: House, username: str) -> Person | None:
    if not username.isprintable():
        return None
    with reading(house.engine) as connection:
        try:
            # A member's user name is a mail address, which people write in any case.
            return person_by_username(connection, username.casefold() if "@" in username else username)
        except PersonNotFoundError:
            return None


def is_right_code(house: House, person: str, typed: SecretStr) -> bool:
    """Try a person's code; what isn't six digits is tried, and counted, as a wrong one."""
    code = "".join(typed.get_secret_value().split())
    try:
        return house.vault.verify_totp(person, code if _CODE.fullmatch(code) else "-")
    except VaultRefusedError as refused:
        if refused.code is Code.FACTOR_LOCKED:
            return False
        raise


def _actor(person: Person | None, session: str | None, *, password_ok: bool, factor_ok: bool) -> Actor:
    if person is None:
        return Actor(kind="stranger", id=UNKNOWN, role="stranger")
    proofs = (("pwd",) if password_ok else ()) + (("otp",) if factor_ok else ())
    return Actor(kind="person", id=person.id, role=person.role.value, session=session, amr=proofs)


def _resource(digest: str) -> Resource:
    return Resource(kind="session", id=digest)


def _ends_at(house: House, session: Session) -> str:
    longest = timedelta(seconds=house.policy.numbers.session_absolute_seconds)
    return rfc3339(parse_rfc3339(session.created_at) + longest)
