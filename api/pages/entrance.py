"""Signing in and out by forms, and where each role begins."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import SecretStr, ValidationError

from api.errors import SignedOutError
from api.pages.faces import kept_of
from api.pages.forms import Fields, Form
from api.pages.frame import HOME, can_open, page
from api.pages.sign_in_page import KEPT, PATH, back_of, check_entry, sign_in_page
from api.sessions import SignIn, passwords_of, sign_in, sign_out
from api.signed_in import COOKIE, HouseHere, Visitor, client_of, known_by, signed_in, watching
from house.passwords import Passwords
from identity.people import Role

router = APIRouter(include_in_schema=False)

_MISSING = {
    "username": "Enter your user name.",
    "password": "Enter your password.",
    "totp": "Enter the six digits that your authenticator app shows now.",
}


@router.get("/")
def begin(visitor: Visitor) -> RedirectResponse:
    """Lead a person to their first page."""
    return RedirectResponse(HOME[visitor.person.role], 303)


@router.get(PATH)
def show_sign_in(request: Request, house: HouseHere, back: str = "") -> Response:
    """Show the sign-in page, or the first page to who is signed in."""
    try:
        visitor = signed_in(watching(request, house), house)
    except SignedOutError:
        return sign_in_page(request, back=back)
    return RedirectResponse(back_of(back) or HOME[visitor.person.role], 303)


@router.post(PATH)
def take_sign_in(
    request: Request,
    fields: Fields,
    house: HouseHere,
    passwords: Annotated[Passwords, Depends(passwords_of)],
) -> Response:
    """Sign in, and lead back to where somebody came from."""
    check_entry(request, fields.get("entry", ""))
    back = back_of(fields.get("back", ""))
    username = fields.get("username", "").strip()
    kept = {name: value for name, value in kept_of(fields).items() if name in KEPT.get(back, ())}
    missing = {name: words for name, words in _MISSING.items() if not fields.get(name, "").strip()}
    if missing:
        return sign_in_page(request, back=back, username=username, kept=kept, missing=missing)
    try:
        body = SignIn(
            username=username, password=SecretStr(fields["password"]), totp=SecretStr(fields["totp"])
        )
    except ValidationError:
        too_long = {"username": "User name, password or code isn’t right."}
        return sign_in_page(request, back=back, username=username[:128], kept=kept, missing=too_long)
    answer = RedirectResponse("/", 303)
    started = sign_in(body, request, answer, house, passwords)
    if not kept:
        role = Role(started.role)
        answer.headers["Location"] = back if can_open(role, back) else HOME[role]
        return answer
    cookie = answer.headers["set-cookie"]
    token = cookie.partition(f"{COOKIE}=")[2].partition(";")[0]
    again = page(request, "again.html", known_by(house, token, client_of(request)), back=back, kept=kept)
    again.headers["set-cookie"] = cookie
    return again


@router.post("/sign-out")
def take_sign_out(form: Form, house: HouseHere) -> Response:
    """End the session."""
    answer = RedirectResponse(PATH, 303)
    sign_out(answer, form.visitor, house)
    return answer


@router.get("/sign-out")
def come_to_sign_out() -> Response:
    """Lead to the first page: an address alone changes nothing."""
    return RedirectResponse("/", 303)
