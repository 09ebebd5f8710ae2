"""Joining by an invitation: the code and a password, then the authenticator, then sign in.

Law: the invitation's code and the new factor's secret stand in bodies and in the page that
answers them, never in an address. Mails name this page and the code, not a link with it.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import SecretStr

from api.errors import WrongCodeError
from api.joining import accept_invitation, confirm_invitation
from api.pages.forms import CODE_NEEDED, CODE_WRONG, Fields
from api.pages.sign_in_page import check_entry, stranger_page
from api.pages.words import say_weakness
from api.sessions import passwords_of
from api.signed_in import HouseHere, client_of
from house.passwords import Passwords
from identity.passwords import WeakPasswordError
from policies.actions import Action
from policies.gate import RefusedError

router = APIRouter(prefix="/invitation", include_in_schema=False)

_NO_CODE = "Enter the code from your invitation."
_OPENS_NOTHING = (
    "This code opens no account: it is mistyped, over, used, or not approved yet. Ask who invited you."
)
_NONE_CHOSEN = "Choose a password."
_MOST = 1024


@router.get("")
def show_join(request: Request, house: HouseHere) -> Response:
    """Ask for the invitation's code and a password."""
    return stranger_page(request, "join.html", errors={}, code="", numbers=house.policy.numbers)


@router.post("")
def take_join(
    request: Request,
    fields: Fields,
    house: HouseHere,
    passwords: Annotated[Passwords, Depends(passwords_of)],
) -> Response:
    """Accept the invitation and show the new second factor, this once."""
    check_entry(request, fields.get("entry", ""))
    code, password = fields.get("code", "").strip(), fields.get("password", "")
    errors = {}
    if not code or len(code) > _MOST:
        errors["code"] = _NO_CODE
    if not password or len(password) > _MOST:
        errors["password"] = _NONE_CHOSEN
    if not errors:
        try:
            factor = accept_invitation(house, passwords, client_of(request), code=code, password=password)
        except WeakPasswordError as error:
            errors["password"] = say_weakness(error.weakness, house.policy.numbers)
        except RefusedError as refused:
            errors["code"] = _shut(refused)
        else:
            return stranger_page(request, "join_factor.html", errors={}, code=code, factor=factor)
    return stranger_page(
        request, "join.html", status=422, errors=errors, code=code, numbers=house.policy.numbers
    )


@router.get("/confirm")
def show_confirm(request: Request) -> Response:
    """Ask for a code of the new authenticator, for who left the page before."""
    return stranger_page(request, "join_factor.html", errors={}, code="", factor=None)


@router.post("/confirm")
def take_confirm(request: Request, fields: Fields, house: HouseHere) -> Response:
    """Show that the new factor works; from then on the person signs in."""
    check_entry(request, fields.get("entry", ""))
    code, totp = fields.get("code", "").strip(), fields.get("totp", "").strip()
    errors = {}
    if not code or len(code) > _MOST:
        errors["code"] = _NO_CODE
    if not totp:
        errors["totp"] = CODE_NEEDED
    if not errors:
        try:
            joined = confirm_invitation(house, client_of(request), code=code, totp=SecretStr(totp[:32]))
        except WrongCodeError:
            errors["totp"] = CODE_WRONG
        except RefusedError as refused:
            errors["code"] = _shut(refused)
        else:
            return stranger_page(request, "joined.html", joined=joined)
    return stranger_page(request, "join_factor.html", status=422, errors=errors, code=code, factor=None)


def _shut(refused: RefusedError) -> str:
    """Return the words for a code that opens nothing, whatever the reason; the gate recorded it."""
    if refused.action is not Action.ENROL_FACTOR:
        raise refused
    return _OPENS_NOTHING
