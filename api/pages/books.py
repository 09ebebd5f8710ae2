"""My Books, and one book: how far it is, download, passphrase, revoke.

Laws
1. A passphrase stands in the answer to one form and nowhere else: no address shows it again,
   and the script takes it out of the page after a minute.
2. An address alone changes nothing: whoever opens the address of a button comes to the book.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.downloads import start_download
from api.endings import revoke_export
from api.exports import list_exports, look_at_export, reveal_passphrase
from api.held_keys import HeldKeysHere
from api.pages.forms import needs_code, take_code
from api.pages.frame import page
from api.pages.progress import is_moving, steps_of
from api.pages.roles import Agent, AgentForm, AgentWatching
from api.signed_in import HouseHere, SignedIn
from audit.moments import moments_of_export
from exports.states import ENDABLE, REVEALABLE, State
from house.wiring import House
from runtime.database import reading

router = APIRouter(prefix="/books", include_in_schema=False)


@router.get("")
def show_books(request: Request, visitor: Agent, house: HouseHere) -> Response:
    """List one's own books, newest first."""
    found = list_exports(visitor, house)
    return page(
        request,
        "books.html",
        visitor,
        books=found.items,
        others=found.others,
        numbers=house.policy.numbers,
    )


@router.get("/{export}")
def show_book(request: Request, export: str, visitor: Agent, house: HouseHere) -> Response:
    """Show one book."""
    return _book(request, house, visitor, export)


@router.get("/{export}/progress")
def show_progress(request: Request, export: str, visitor: AgentWatching, house: HouseHere) -> Response:
    """Show a book's state and steps only, for the script that follows its events."""
    return page(request, "progress.html", visitor, **_standing(house, visitor, export))


@router.post("/{export}/passphrase")
def show_passphrase(request: Request, export: str, form: AgentForm, house: HouseHere) -> Response:
    """Show the passphrase, once for this form."""
    look_at_export(export, form.visitor, house)
    wrong_code = take_code(house, form)
    if wrong_code:
        return _book(request, house, form.visitor, export, errors={"totp-reveal": wrong_code})
    shown = reveal_passphrase(export, form.visitor, house)
    return _book(request, house, form.visitor, export, passphrase=shown.passphrase)


@router.post("/{export}/download")
def send_book(
    request: Request, export: str, form: AgentForm, house: HouseHere, keys: HeldKeysHere
) -> Response:
    """Send the book itself."""
    look_at_export(export, form.visitor, house)
    wrong_code = take_code(house, form)
    if wrong_code:
        return _book(request, house, form.visitor, export, errors={"totp-download": wrong_code})
    return start_download(house, form.visitor, keys, export)


@router.get("/{export}/revoke")
def ask_to_revoke(request: Request, export: str, visitor: Agent, house: HouseHere) -> Response:
    """Say what revoking does, and ask once."""
    return page(request, "revoke.html", visitor, **_standing(house, visitor, export))


@router.post("/{export}/revoke")
def revoke(export: str, form: AgentForm, house: HouseHere, keys: HeldKeysHere) -> Response:
    """Revoke the book, and show what is left of it."""
    revoke_export(house, form.visitor, keys, export)
    return RedirectResponse(f"/books/{export}", 303)


@router.get("/{export}/wrong")
def show_wrong_book(request: Request, export: str, visitor: Agent, house: HouseHere) -> Response:
    """Say what to do with a book that isn't one's own."""
    return page(request, "wrong_book.html", visitor, **_standing(house, visitor, export))


@router.get("/{export}/{button}")
def come_to_button(export: str, button: str) -> Response:  # noqa: ARG001 - whatever the button, back to the book
    """Lead to the book: an address alone changes nothing."""
    return RedirectResponse(f"/books/{export}", 303)


def _standing(house: House, visitor: SignedIn, export: str) -> dict[str, Any]:
    body = look_at_export(export, visitor, house)
    with reading(house.engine) as connection:
        moments = moments_of_export(connection, body.id)
    state = State(body.state)
    return {
        "book": body,
        "steps": steps_of(body, moments),
        "is_moving": is_moving(body),
        "is_ready": state in REVEALABLE[body.channel],
        "can_revoke": state in ENDABLE or state is State.ACCEPTED,
        "is_own": body.agent == visitor.person.papers.licence,
        "email": visitor.person.papers.email,
    }


def _book(
    request: Request,
    house: House,
    visitor: SignedIn,
    export: str,
    *,
    passphrase: str = "",
    errors: dict[str, str] | None = None,
) -> Response:
    standing = _standing(house, visitor, export)
    numbers = house.policy.numbers
    return page(
        request,
        "book.html",
        visitor,
        status=422 if errors else 200,
        **standing,
        passphrase=passphrase,
        errors=errors or {},
        asks_code=needs_code(house, visitor) or bool(errors),
        downloads_left=max(0, numbers.downloads_per_book - standing["book"].downloads),
        reveals_left=max(0, numbers.reveals_per_book - standing["book"].reveals),
    )
