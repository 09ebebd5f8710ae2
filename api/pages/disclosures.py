"""The accounting of one consumer's disclosures, for reviewers: asked, answered, printed, taken along.

Laws
1. The consumer's id is posted and stands in the answer's own page; in no address, title or file's name.
2. An answer is a look-up, permitted and recorded, through the same function as the JSON call. What
   can't be read, or came along through a sign-in, is shown again and asks for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from api.disclosures import AskedDisclosures, DisclosuresTold, DisclosureTold, find_disclosures
from api.looks import agents_told
from api.pages.days import FIRST, LAST, read_days
from api.pages.forms import Posted
from api.pages.frame import page
from api.pages.roles import Reviewer, ReviewerForm
from api.signed_in import HouseHere, SignedIn
from house.wiring import House
from policies.actions import Action

router = APIRouter(prefix="/disclosures", include_in_schema=False)

FIELDS = ("consumer", FIRST, LAST)
FILE = "disclosures.json"
_NO_ID = "Enter the consumer’s id as the exchange writes it: up to 64 characters, no blanks."
_BACKWARDS = "Enter a day that isn’t before the first one."

HANDED_OVER: Mapping[str, str] = MappingProxyType(
    {
        Action.SEND_BOOK.value: "Sent by e-mail",
        Action.DOWNLOAD_BOOK.value: "Downloaded",
        Action.REVEAL_PASSPHRASE.value: "Passphrase shown",
    }
)
"""What became of a book, by the action that released it."""


@dataclass(frozen=True, kw_only=True)
class Handing:
    """One way in which a book was handed over: how often, and when first and last (RFC 3339)."""

    words: str
    times: int
    first: str
    last: str


@router.get("")
def show_form(request: Request, visitor: Reviewer, house: HouseHere) -> Response:
    """Show the empty form."""
    return _answer(request, house, visitor, dict.fromkeys(FIELDS, ""), {}, None)


@router.post("")
def take_form(request: Request, form: ReviewerForm, house: HouseHere) -> Response:
    """Look a consumer up, and show the answer."""
    typed, asked, errors = _read(form)
    found = find_disclosures(house, form.visitor, asked) if asked and not form.get("draft") else None
    return _answer(request, house, form.visitor, typed, errors, found)


@router.post("/file")
def take_file(request: Request, form: ReviewerForm, house: HouseHere) -> Response:
    """Look a consumer up, and hand the answer out as the JSON call gives it."""
    typed, asked, errors = _read(form)
    if asked is None or form.get("draft"):
        return _answer(request, house, form.visitor, typed, errors, None)
    body = find_disclosures(house, form.visitor, asked).model_dump_json()
    headers = {"Content-Disposition": f'attachment; filename="{FILE}"'}
    return Response(body, media_type="application/json", headers=headers)


@router.get("/file")
def come_to_file(visitor: Reviewer) -> Response:  # noqa: ARG001 - an address alone takes nothing
    """Lead to the form."""
    return RedirectResponse("/disclosures", 303)


def _read(form: Posted) -> tuple[dict[str, str], AskedDisclosures | None, dict[str, str]]:
    """Return what was typed, what it asks for (None where it can't be read), and errors by field."""
    typed = {name: form.get(name) for name in FIELDS}
    moments, errors = read_days(typed)
    if len(moments) == 2 and moments[FIRST] >= moments[LAST]:  # noqa: PLR2004 - both ends
        errors[LAST] = _BACKWARDS
    try:
        asked = AskedDisclosures.model_validate({"consumer": typed["consumer"]} | moments)
    except ValidationError:
        # The days are moments by now: only the id can be wrong.
        return typed, None, {"consumer": _NO_ID} | errors
    return typed, None if errors else asked, errors


def _answer(
    request: Request,
    house: House,
    visitor: SignedIn,
    typed: Mapping[str, str],
    errors: Mapping[str, str],
    found: DisclosuresTold | None,
) -> Response:
    licences = [one.agent for one in found.intervals] + [one.agent for one in found.items] if found else []
    return page(
        request,
        "disclosures.html",
        visitor,
        status=422 if errors else 200,
        typed=typed,
        errors=errors,
        days={name: date.fromisoformat(typed[name]) for name in (FIRST, LAST) if found and typed[name]},
        found=found,
        rows=[(one, _handings(one)) for one in found.items] if found else [],
        profiles={one.profile: one.columns for one in found.items if one.profile} if found else {},
        agents=agents_told(house, licences),
        labels={one.name: one.label for one in house.policy.catalogue.columns},
        now=house.clock.now(),
    )


def _handings(one: DisclosureTold) -> list[Handing]:
    """Return how a book was handed over, in the order of the first time; a download may come in parts."""
    moments: dict[str, list[str]] = {}
    for each in one.handed_over:
        moments.setdefault(each.action, []).append(each.at)
    return [
        Handing(words=HANDED_OVER.get(action, action), times=len(times), first=times[0], last=times[-1])
        for action, times in moments.items()
    ]
