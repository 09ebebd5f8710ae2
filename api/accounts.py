"""A person's own account: a new password, signing out everywhere, what the ledger has of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from api.documented import PROBLEMS
from api.joining import check_choice
from api.sessions import is_right_code, passwords_of
from api.signed_in import COOKIE, Changer, HouseHere, SignedIn, Visitor
from audit.entry import Resource
from audit.events import Event
from audit.moments import moments_about
from house.passwords import Passwords
from house.wiring import House
from policies.actions import Action
from policies.gate import Ask
from runtime.database import reading
from store.people import keep_password, person_by_id
from store.sessions import end_sessions

MOST_ACCESSES = 100

router = APIRouter(prefix="/v1", tags=["account"], responses=PROBLEMS)


class NewPassword(BaseModel):
    """The password that was, the one to be, and a fresh code."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    old: SecretStr = Field(min_length=1, max_length=1024)
    new: SecretStr = Field(min_length=1, max_length=1024)
    totp: SecretStr = Field(min_length=1, max_length=32, description="the authenticator's six digits")


class Access(BaseModel):
    """One entry about a person: by themselves, or by somebody else about their book."""

    index: int
    at: str
    event: str
    outcome: str
    action: str
    by: str = Field(description="`you`, or the role of who did it")


class AccessHistory(BaseModel):
    """The newest entries about a person, newest first."""

    items: list[Access]


@router.delete("/sessions", status_code=204)
def sign_out_everywhere(response: Response, visitor: Changer, house: HouseHere) -> None:
    """End every session of the person, this one too."""
    end_everywhere(house, visitor)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")


@router.post("/account/password", status_code=204)
def change_password(
    body: NewPassword,
    response: Response,
    visitor: Changer,
    house: HouseHere,
    passwords: Annotated[Passwords, Depends(passwords_of)],
) -> None:
    """Choose another password; every session ends, so one signs in anew."""
    choose_password(house, passwords, visitor, body)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")


@router.get("/me/access")
def show_access(visitor: Visitor, house: HouseHere) -> AccessHistory:
    """Show what the ledger has about the person: their own doings, and others' with their book."""
    return access_history(house, visitor)


def end_everywhere(house: House, visitor: SignedIn) -> None:
    """End every session of a person, for JSON and HTML alike."""
    with house.gate.transaction(visitor.who) as tx:
        for digest in end_sessions(tx.connection, visitor.person.id, tx.now):
            tx.record(Event.SESSION_ENDED, Action.SIGN_IN, Resource(kind="session", id=digest))


def choose_password(house: House, passwords: Passwords, visitor: SignedIn, body: NewPassword) -> None:
    """Change a person's password, for JSON and HTML alike.

    Raises RefusedError (the old one or the code is wrong) and WeakPasswordError.
    """
    person = visitor.person
    new = body.new.get_secret_value()
    check_choice(house.policy.numbers, person, new)
    with reading(house.engine) as connection:
        kept = person_by_id(connection, person.id).password_hash
    claims = {
        "password_ok": passwords.is_right(kept, body.old.get_secret_value()),
        "second_factor_ok": is_right_code(house, person.id, body.totp),
    }
    hashed = passwords.hash(new)
    resource = Resource(kind="person", id=person.id)
    with house.gate.transaction(visitor.who) as tx:
        permit = tx.decide(Ask(action=Action.SIGN_IN, resource=resource, claims=claims))
        keep_password(tx.connection, person.id, hashed)
        record = house.records.of(tx.connection, person.id)
        tx.record(Event.PASSWORD_CHANGED, Action.SIGN_IN, resource, because=permit, record=record)
        for digest in end_sessions(tx.connection, person.id, tx.now):
            ended = Resource(kind="session", id=digest)
            tx.record(Event.SESSION_ENDED, Action.SIGN_IN, ended, because=permit)


def access_history(house: House, visitor: SignedIn) -> AccessHistory:
    """Return a person's access history, for JSON and HTML alike."""
    person = visitor.person
    with reading(house.engine) as connection:
        moments = moments_about(connection, person.id, person.papers.licence, limit=MOST_ACCESSES)
    return AccessHistory(
        items=[
            Access(
                index=one.index,
                at=one.at,
                event=one.event.value,
                outcome=one.outcome.value,
                action=one.action,
                by="you" if one.actor == person.id else one.role,
            )
            for one in moments
        ]
    )
