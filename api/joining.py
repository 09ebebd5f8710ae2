"""Joining by an invitation: a code and a password for a second factor, then a code of that factor.

Laws
1. Both calls go by the code alone; it comes in a body, once typed, and stands in no address.
2. Whatever the code doesn't open is refused by the gate and recorded: unknown, not approved yet,
   over, used. What a stranger typed is recorded nowhere.
3. The first password that comes with a code is its password. The same one again gets a fresh
   factor, so a closed page or a crash costs nothing; another one finds the invitation used.
4. Nothing signs in before the new factor showed a right code. From the moment that a known
   person accepts a new factor until then, their old password is gone and the hold runs.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from sqlalchemy import Connection

from api.documented import PROBLEMS
from api.errors import InvitationUsedError, WrongCodeError
from api.sessions import UNKNOWN, is_right_code, passwords_of
from api.signed_in import HouseHere, client_of
from audit.entry import Actor, Resource
from audit.events import Event, Outcome
from audit.moments import newest_permit
from house.passwords import Passwords
from house.wiring import House
from identity.invitations import Invitation, Standing, digest_of_code
from identity.passwords import check_password
from identity.people import Person
from policies.actions import Action
from policies.gate import Ask, Position, Transaction, Who
from policies.numbers import Numbers
from runtime.clock import rfc3339
from runtime.database import reading
from store.invitations import (
    InvitationNotFoundError,
    invitation_by_digest,
    note_accepted,
    note_joined,
)
from store.people import keep_joined, keep_reset, person_by_id
from store.sessions import end_sessions
from store.tables import people

ISSUER = "Sealed Book"
_STRANGER = Actor(kind="stranger", id=UNKNOWN, role="stranger")
_ACCEPTABLE = frozenset({Standing.OPEN, Standing.ACCEPTED})

router = APIRouter(prefix="/v1/invitations", tags=["people"], responses=PROBLEMS)


class Acceptance(BaseModel):
    """An invitation's code, and the password that the person chose."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    code: SecretStr = Field(min_length=1, max_length=200)
    password: SecretStr = Field(min_length=1, max_length=1024)


class Confirmation(BaseModel):
    """The invitation's code once more, and what the authenticator shows."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    code: SecretStr = Field(min_length=1, max_length=200)
    totp: SecretStr = Field(min_length=1, max_length=32, description="the authenticator's six digits")


class Factor(BaseModel):
    """A second factor, shown this once."""

    username: str
    totp_secret: str = Field(repr=False, description="base32, for typing into an authenticator")
    otpauth_uri: str = Field(repr=False, description="the same for a QR code")
    expires_at: str = Field(description="the invitation's end: confirm before it")


class Joined(BaseModel):
    """Who may sign in now."""

    username: str
    role: str


@router.post("/accept")
def accept(
    body: Acceptance,
    request: Request,
    house: HouseHere,
    passwords: Annotated[Passwords, Depends(passwords_of)],
) -> Factor:
    """Accept an invitation: choose a password, get a second factor."""
    code, password = body.code.get_secret_value(), body.password.get_secret_value()
    return accept_invitation(house, passwords, client_of(request), code=code, password=password)


@router.post("/confirm")
def confirm(body: Confirmation, request: Request, house: HouseHere) -> Joined:
    """Show that the second factor works; from then on the person signs in."""
    return confirm_invitation(house, client_of(request), code=body.code.get_secret_value(), totp=body.totp)


def accept_invitation(house: House, passwords: Passwords, client: str, *, code: str, password: str) -> Factor:
    """Accept an invitation, for JSON and HTML alike.

    Raises RefusedError, WeakPasswordError, InvitationUsedError and the vault's errors.
    """
    digest = digest_of_code(code)
    invitation, person = _look_up(house, digest)
    hashed = ""
    if person is not None and invitation is not None and _is_acceptable(house, invitation):
        check_choice(house.policy.numbers, person, password)
        if invitation.password_hash and not passwords.is_right(invitation.password_hash, password):
            raise InvitationUsedError
        hashed = passwords.hash(password)
    who = _who(person, client)
    with house.gate.transaction(who) as tx:
        permit = tx.decide(_ask(who, digest))
        if (
            person is None
            or invitation is None
            or not note_accepted(tx.connection, invitation, hashed, tx.now)
        ):
            raise InvitationUsedError
        _retire(house, tx, person_by_id(tx.connection, person.id), permit)
    # Dying from here on leaves an accepted invitation without a factor: accept it again.
    secret = house.vault.enrol_factor(permit.index)
    return Factor(
        username=person.username,
        totp_secret=secret,
        otpauth_uri=_otpauth(house, person, secret),
        expires_at=invitation.expires_at,
    )


def confirm_invitation(house: House, client: str, *, code: str, totp: SecretStr) -> Joined:
    """Spend an accepted invitation, for JSON and HTML alike.

    Raises RefusedError (the code opens nothing), WrongCodeError and InvitationUsedError.
    """
    digest = digest_of_code(code)
    invitation, person = _look_up(house, digest)
    who = _who(person, client)
    if (
        person is None
        or invitation is None
        or not _is_acceptable(house, invitation)
        or invitation.password_hash is None
    ):
        _refuse(house, who, digest)
        raise InvitationUsedError
    resource = Resource(kind="person", id=person.id)
    if not is_right_code(house, person.id, totp):
        with house.gate.transaction(who) as tx:
            tx.record(
                Event.PERSON_JOINED,
                Action.ENROL_FACTOR,
                resource,
                because=_permit_of(tx.connection, person),
                outcome=Outcome.ERROR,
                reason="wrong-code",
            )
        raise WrongCodeError
    with house.gate.transaction(who) as tx:
        if not house.records.are_sound(tx.connection, [people.c.id == person.id]):
            # The gate refuses (rule F03); without its permit the record isn't taken down anew either.
            tx.decide(_ask(who, digest))
        if not note_joined(tx.connection, invitation, tx.now):
            raise InvitationUsedError
        if person.was_here:
            keep_reset(tx.connection, person.id, tx.now)
        keep_joined(tx.connection, person.id, invitation.password_hash, tx.now)
        because = _permit_of(tx.connection, person)
        record = house.records.of(tx.connection, person.id)
        tx.record(Event.PERSON_JOINED, Action.ENROL_FACTOR, resource, because=because, record=record)
    return Joined(username=person.username, role=person.role.value)


def check_choice(numbers: Numbers, person: Person, password: str) -> None:
    """Raise WeakPasswordError unless a person may choose that password (rule R17)."""
    check_password(
        password,
        least=numbers.password_min_length,
        most=numbers.password_max_length,
        own=(person.username, person.papers.name, person.papers.email),
    )


def _look_up(house: House, digest: str) -> tuple[Invitation | None, Person | None]:
    with reading(house.engine) as connection:
        try:
            invitation = invitation_by_digest(connection, digest)
        except InvitationNotFoundError:
            return None, None
        return invitation, person_by_id(connection, invitation.person)


def _is_acceptable(house: House, invitation: Invitation) -> bool:
    is_open = invitation.standing(rfc3339(house.clock.now())) in _ACCEPTABLE
    return is_open and invitation.approved_at is not None


def _who(person: Person | None, client: str) -> Who:
    if person is None:
        return Who(actor=_STRANGER, client=client)
    return Who(actor=Actor(kind="person", id=person.id, role=person.role.value), client=client)


def _ask(who: Who, digest: str) -> Ask:
    resource = Resource(kind="person", id=who.actor.id)
    return Ask(action=Action.ENROL_FACTOR, resource=resource, claims={"invitation": digest})


def _refuse(house: House, who: Who, digest: str) -> None:
    """Have the gate refuse, and record, what opens nothing."""
    with house.gate.transaction(who) as tx:
        tx.decide(_ask(who, digest))
        # What is permitted but wasn't accepted yet needs no entry: nothing was tried.
        raise InvitationUsedError


def _retire(house: House, tx: Transaction, person: Person, permit: Position) -> None:
    """Let nothing old sign in beside the new factor; a first factor retires nothing."""
    if not person.was_here:
        return
    keep_reset(tx.connection, person.id, tx.now)
    for ended in end_sessions(tx.connection, person.id, tx.now):
        resource = Resource(kind="session", id=ended)
        tx.record(Event.SESSION_ENDED, Action.ENROL_FACTOR, resource, because=permit)
    whose, record = Resource(kind="person", id=person.id), house.records.of(tx.connection, person.id)
    tx.record(Event.PERSON_RECORDED, Action.ENROL_FACTOR, whose, because=permit, record=record)


def _permit_of(connection: Connection, person: Person) -> int | None:
    return newest_permit(connection, event=Event.FACTOR_REQUESTED, actor=person.id)


def _otpauth(house: House, person: Person, secret: str) -> str:
    """Return the key URI that authenticators read (Google Authenticator's key URI format)."""
    issuer = f"{ISSUER} ({house.settings.exchange})"
    label = quote(f"{issuer}:{person.username}", safe="")
    asked = {"secret": secret, "issuer": issuer, "algorithm": "SHA1", "digits": 6, "period": 30}
    return f"otpauth://totp/{label}?{urlencode(asked, quote_via=quote)}"
