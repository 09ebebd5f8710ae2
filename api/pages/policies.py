"""Policy sets, for reviewers and for a founding's operator: what is in force, and what waits for approval."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.looks import people_told
from api.pages.forms import Form, needs_code, take_code
from api.pages.frame import page
from api.policies import approve_policy, list_policies
from api.signed_in import HouseHere, SignedIn, Visitor
from house.wiring import House

router = APIRouter(prefix="/policies", include_in_schema=False)


@router.get("")
def show_policies(request: Request, visitor: Visitor, house: HouseHere) -> Response:
    """List the set in force and those that wait, with their differences."""
    return _policies(request, house, visitor)


@router.post("/approve")
def approve(request: Request, form: Form, house: HouseHere) -> Response:
    """Approve a set."""
    digest = form.get("digest")
    list_policies(house, form.visitor)
    wrong_code = take_code(house, form)
    if wrong_code:
        return _policies(request, house, form.visitor, {f"totp-{digest[:16]}": wrong_code})
    approve_policy(house, form.visitor, digest)
    return RedirectResponse("/policies", 303)


@router.get("/approve")
def come_to_approve(visitor: Visitor) -> Response:  # noqa: ARG001 - whoever it is, once they are known
    """Lead to the list: an address alone changes nothing."""
    return RedirectResponse("/policies", 303)


def _policies(
    request: Request, house: House, visitor: SignedIn, errors: dict[str, str] | None = None
) -> Response:
    policies = list_policies(house, visitor)
    people = {one for waiting in policies.waiting for one in waiting.approved_by}
    return page(
        request,
        "policies.html",
        visitor,
        status=422 if errors else 200,
        policies=policies,
        people=people_told(house, people),
        errors=errors or {},
        asks_code=needs_code(house, visitor) or bool(errors),
    )
