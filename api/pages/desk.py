"""The desk: what reviewers read of the ledger, check, and take home.

Laws
1. Each page is a look, recorded before it is shown, through the same functions as the JSON calls.
2. What is searched for is posted; an address names an entry's number or an export's id at most.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from api.audit import Place, entry_of, search_ledger
from api.audit_bodies import AskedEntries, AskedVerification
from api.errors import BadCursorError
from api.event_words import ACTIONS, EVENTS, OUTCOMES
from api.evidence import make_bundle, verify_now
from api.pages.days import read_days
from api.pages.frame import page
from api.pages.roles import Reviewer, ReviewerForm
from api.signed_in import HouseHere, SignedIn
from api.stories import story_of
from house.wiring import House

router = APIRouter(prefix="/desk", include_in_schema=False)

FIELDS = ("person", "action", "outcome", "rule", "export", "from", "to")
_UNREADABLE = "Shorten this or choose from the list."
_VKEY_MAX, _SINCE_MAX = 500, 10_000


@router.get("")
def show_desk(request: Request, visitor: Reviewer, house: HouseHere) -> Response:
    """Show the newest entries."""
    return _desk(request, house, visitor, {})


@router.post("")
def take_search(request: Request, form: ReviewerForm, house: HouseHere) -> Response:
    """Show the entries that are looked for, or the next older ones."""
    return _desk(request, house, form.visitor, form.fields)


@router.get("/entries/{number}")
def show_entry(request: Request, number: Place, visitor: Reviewer, house: HouseHere) -> Response:
    """Show one entry as it stands, with its proof."""
    found = entry_of(house, visitor, number)
    return page(request, "desk_entry.html", visitor, found=found, events=EVENTS, outcomes=OUTCOMES)


@router.get("/exports/{export}")
def show_story(request: Request, export: str, visitor: Reviewer, house: HouseHere) -> Response:
    """Show what happened to one export, oldest first."""
    story = story_of(house, visitor, export)
    return page(request, "story.html", visitor, story=story, outcomes=OUTCOMES)


@router.get("/verify")
def show_verify(request: Request, visitor: Reviewer) -> Response:
    """Explain what a verification says, and offer one."""
    return page(request, "verify.html", visitor, found=None, typed={"vkey": "", "since": ""}, errors={})


@router.post("/verify")
def take_verify(request: Request, form: ReviewerForm, house: HouseHere) -> Response:
    """Verify the ledger now."""
    typed = {"vkey": form.get("vkey"), "since": form.fields.get("since", "").replace("\r\n", "\n")}
    most = {"vkey": _VKEY_MAX, "since": _SINCE_MAX}
    errors = {name: "This is too long to be one." for name in typed if len(typed[name]) > most[name]}
    found = None
    if not errors:
        since = typed["since"].strip() and typed["since"].strip("\n") + "\n"
        found = verify_now(
            house, form.visitor, AskedVerification(vkey=typed["vkey"] or None, since=since or None)
        )
    return page(
        request,
        "verify.html",
        form.visitor,
        status=422 if errors else 200,
        found=found,
        typed=typed,
        errors=errors,
    )


@router.post("/bundle")
def take_bundle(form: ReviewerForm, house: HouseHere) -> Response:
    """Hand out the evidence."""
    return make_bundle(house, form.visitor)


@router.get("/bundle")
def come_to_bundle() -> Response:
    """Lead to the page with the button: an address alone takes nothing."""
    return RedirectResponse("/desk/verify", 303)


def _desk(request: Request, house: House, visitor: SignedIn, fields: Mapping[str, str]) -> Response:
    typed = {name: fields.get(name, "").strip() for name in FIELDS}
    asked, errors = _read(typed)
    found = None
    if not errors:
        try:
            body = AskedEntries.model_validate(asked | {"cursor": fields.get("cursor") or None})
            found = search_ledger(house, visitor, body)
        except ValidationError as error:
            errors = {str(one["loc"][0]): _UNREADABLE for one in error.errors()}
        except BadCursorError:
            found = search_ledger(house, visitor, AskedEntries.model_validate(asked))
    return page(
        request,
        "desk.html",
        visitor,
        status=422 if errors else 200,
        found=found,
        typed=typed,
        errors=errors,
        is_filtered=any(typed.values()),
        events=EVENTS,
        outcomes=OUTCOMES,
        actions=ACTIONS,
    )


def _read(typed: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what is asked for, with days as moments, and the errors at the fields."""
    moments, errors = read_days(typed)
    return {name: value for name, value in typed.items() if value} | moments, errors
