"""People, for reviewers and operators: invitations that wait for a second person."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.approvals import approve_invitation, list_invitations
from api.pages.forms import Form, needs_code, take_code
from api.pages.frame import page
from api.signed_in import HouseHere, SignedIn, Visitor
from house.wiring import House

router = APIRouter(prefix="/people", include_in_schema=False)


@router.get("")
def show_people(request: Request, visitor: Visitor, house: HouseHere) -> Response:
    """List the invitations that aren't over."""
    return _people(request, house, visitor)


@router.post("/{invitation}/approve")
def approve(request: Request, invitation: str, form: Form, house: HouseHere) -> Response:
    """Approve an invitation as its second person."""
    list_invitations(house, form.visitor)
    wrong_code = take_code(house, form)
    if wrong_code:
        return _people(request, house, form.visitor, {f"totp-{invitation}": wrong_code})
    approve_invitation(house, form.visitor, invitation)
    return RedirectResponse("/people", 303)


@router.get("/{invitation}/approve")
def come_to_approve(invitation: str) -> Response:  # noqa: ARG001 - whatever the invitation, back to the list
    """Lead to the list: an address alone changes nothing."""
    return RedirectResponse("/people", 303)


def _people(
    request: Request, house: House, visitor: SignedIn, errors: dict[str, str] | None = None
) -> Response:
    return page(
        request,
        "people.html",
        visitor,
        status=422 if errors else 200,
        invitations=list_invitations(house, visitor).items,
        errors=errors or {},
        asks_code=needs_code(house, visitor) or bool(errors),
    )
