"""What reviewers answer for, as pages: reviews of the log, broken glasses, locked people."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.looks import people_told
from api.oversight import (
    agree_to_glass,
    ask_glass,
    attest_review,
    close_glass,
    list_glasses,
    list_large_exports,
    list_locks,
    newest_review,
    release_lock,
)
from api.pages.forms import Posted, needs_code, take_code
from api.pages.frame import page
from api.pages.roles import Reviewer, ReviewerForm
from api.pages.words import GLASS_REASONS
from api.signed_in import HouseHere, SignedIn
from house.wiring import House
from policies.decide import UNDECIDABLE
from policies.gate import RefusedError
from store.glass import GlassReason, GlassState

router = APIRouter(prefix="/desk/oversight", include_in_schema=False)
_HERE = "/desk/oversight"
_NO_REASON = "Choose the reason."


@router.get("")
def show_oversight(request: Request, visitor: Reviewer, house: HouseHere) -> Response:
    """Show the last review, the glasses of late and who is locked."""
    return _oversight(request, house, visitor)


@router.post("/review")
def take_review(request: Request, form: ReviewerForm, house: HouseHere) -> Response:
    """Attest that the log was reviewed."""
    try:
        attest_review(house, form.visitor)
    except RefusedError as refused:
        if UNDECIDABLE in refused.rules:
            raise
        return _oversight(request, house, form.visitor, {"review": refused.rules[0].advice})
    return RedirectResponse(_HERE, 303)


@router.post("/glass")
def take_glass(request: Request, form: ReviewerForm, house: HouseHere) -> Response:
    """Ask to break the glass."""
    if form.get("reason") not in set(GlassReason):
        return _oversight(request, house, form.visitor, {"reason": _NO_REASON})
    if wrong := _wrong_code(house, form, "totp-glass"):
        return _oversight(request, house, form.visitor, wrong)
    ask_glass(house, form.visitor, GlassReason(form.get("reason")))
    return RedirectResponse(_HERE, 303)


@router.post("/glass/{glass}/agree")
def take_agreement(request: Request, glass: str, form: ReviewerForm, house: HouseHere) -> Response:
    """Agree to a glass as the second reviewer."""
    if wrong := _wrong_code(house, form, f"totp-{glass}"):
        return _oversight(request, house, form.visitor, wrong)
    agree_to_glass(house, form.visitor, glass)
    return RedirectResponse(_HERE, 303)


@router.post("/glass/{glass}/close")
def take_closing(glass: str, form: ReviewerForm, house: HouseHere) -> Response:
    """Close a glass before its time."""
    close_glass(house, form.visitor, glass)
    return RedirectResponse(_HERE, 303)


@router.post("/locks/{person}")
def take_release(request: Request, person: str, form: ReviewerForm, house: HouseHere) -> Response:
    """Let a locked person try again."""
    if wrong := _wrong_code(house, form, f"totp-{person}"):
        return _oversight(request, house, form.visitor, wrong)
    release_lock(house, form.visitor, person)
    return RedirectResponse(_HERE, 303)


@router.get("/{rest:path}")
def come_to_oversight(rest: str, visitor: Reviewer) -> Response:  # noqa: ARG001 - whatever was addressed
    """Lead to the page: an address alone changes nothing."""
    return RedirectResponse(_HERE, 303)


def _wrong_code(house: House, form: Posted, field: str) -> dict[str, str]:
    wrong = take_code(house, form)
    return {field: wrong} if wrong else {}


def _oversight(
    request: Request, house: House, visitor: SignedIn, errors: dict[str, str] | None = None
) -> Response:
    glasses, review = list_glasses(house, visitor), newest_review(house, visitor)
    people = {one for glass in glasses for one in (glass.asked_by, glass.agreed_by) if one is not None}
    return page(
        request,
        "oversight.html",
        visitor,
        status=422 if errors else 200,
        review=review,
        review_days=house.policy.numbers.review_days,
        glasses=[one for one in reversed(glasses) if one.state is not GlassState.OVER],
        locks=list_locks(house, visitor).items,
        large=list_large_exports(house, visitor),
        large_rows=house.policy.numbers.large_export_rows,
        reasons=GLASS_REASONS,
        people=people_told(house, people | ({review[0]} if review else set())),
        errors=errors or {},
        asks_code=needs_code(house, visitor) or any(name.startswith("totp") for name in errors or {}),
    )
