"""A person's own account: papers, address, session, password, and what was done with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import SecretStr

from api.accounts import NewPassword, access_history, choose_password, end_everywhere
from api.event_words import EVENTS, OUTCOMES
from api.pages.forms import CODE_NEEDED, Form
from api.pages.frame import page
from api.pages.papers import papers_of
from api.pages.roles import AGENTS
from api.pages.sign_in_page import PATH
from api.pages.words import say_weakness
from api.sessions import passwords_of, show_me
from api.signed_in import COOKIE, HouseHere, SignedIn, Visitor
from house.passwords import Passwords
from house.wiring import House
from identity.passwords import WeakPasswordError
from policies.actions import Action
from policies.gate import RefusedError

router = APIRouter(prefix="/account", include_in_schema=False)

_HISTORY = 15
_WRONG = "Old password or code isn’t right. Take the authenticator’s next code."


@router.get("")
def show_account(request: Request, visitor: Visitor, house: HouseHere) -> Response:
    """Show a person what the house knows of them, and what was done with their account."""
    return _account(request, house, visitor)


@router.post("/password")
def take_password(
    request: Request,
    form: Form,
    house: HouseHere,
    passwords: Annotated[Passwords, Depends(passwords_of)],
) -> Response:
    """Change the password; every session ends, and one signs in anew."""
    typed = {"old": form.fields.get("old", ""), "new": form.fields.get("new", ""), "totp": form.get("totp")}
    missing = {"old": "Enter your password of now.", "new": "Choose a new password.", "totp": CODE_NEEDED}
    errors = {name: words for name, words in missing.items() if not typed[name]}
    if not errors:
        try:
            body = NewPassword(**{name: SecretStr(value[:1024]) for name, value in typed.items()})
            choose_password(house, passwords, form.visitor, body)
            return _out()
        except WeakPasswordError as error:
            errors["new"] = say_weakness(error.weakness, house.policy.numbers)
        except RefusedError as refused:
            if refused.action is not Action.SIGN_IN:
                raise
            errors["old"] = _WRONG
    return _account(request, house, form.visitor, errors)


@router.post("/sign-out")
def take_sign_out_everywhere(form: Form, house: HouseHere) -> Response:
    """End every session of the person."""
    end_everywhere(house, form.visitor)
    return _out()


@router.get("/{button}")
def come_to_button(button: str) -> Response:  # noqa: ARG001 - whatever the button, back to the account
    """Lead to the account: an address alone changes nothing."""
    return RedirectResponse("/account", 303)


def _out() -> Response:
    answer = RedirectResponse(PATH, 303)
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return answer


def _account(
    request: Request, house: House, visitor: SignedIn, errors: Mapping[str, str] | None = None
) -> Response:
    numbers = house.policy.numbers
    is_agent = visitor.person.role in AGENTS
    return page(
        request,
        "account.html",
        visitor,
        status=422 if errors else 200,
        me=show_me(visitor, house),
        papers=papers_of(visitor.person.papers, numbers, house.clock.now()) if is_agent else [],
        history=access_history(house, visitor).items[:_HISTORY],
        events=EVENTS,
        outcomes=OUTCOMES,
        numbers=numbers,
        errors=errors or {},
    )
