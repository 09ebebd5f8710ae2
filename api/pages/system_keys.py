"""Systems' keys, for managers and operators: what there is, a fresh one shown once, and revoking."""

from __future__ import annotations

import re

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.pages.forms import needs_code, take_code
from api.pages.frame import page
from api.pages.roles import Keeper, KeeperForm
from api.signed_in import HouseHere, SignedIn
from api.system_keys import KeyBody, list_bodies
from house.system_keys import Issued, issue_key, revoke_key
from house.wiring import House
from identity.people import Role
from store.api_keys import LABEL, KeyNotFoundError, KeyState

router = APIRouter(prefix="/keys", include_in_schema=False)
_HERE = "/keys"
_WRONG_LABEL = "Give the system a name of 1 to 60 letters, digits, blanks, dots, dashes or underscores."


@router.get("")
def show_keys(request: Request, visitor: Keeper, house: HouseHere) -> Response:
    """List the keys that one answers for."""
    return _keys(request, house, visitor)


@router.post("")
def issue(request: Request, form: KeeperForm, house: HouseHere) -> Response:
    """Issue a key, and show it this once."""
    label = form.get("label")
    errors = {} if re.fullmatch(LABEL, label, re.ASCII) else {"label": _WRONG_LABEL}
    wrong_code = "" if errors else take_code(house, form)
    if wrong_code:
        errors = {"totp": wrong_code}
    if errors:
        return _keys(request, house, form.visitor, errors=errors, label=label)
    return _keys(request, house, form.visitor, issued=issue_key(house, form.visitor.who, label))


@router.get("/{key}/revoke")
def ask_to_revoke(request: Request, key: str, visitor: Keeper, house: HouseHere) -> Response:
    """Say what revoking does, and ask once."""
    return _revoking(request, house, visitor, key)


@router.post("/{key}/revoke")
def revoke(request: Request, key: str, form: KeeperForm, house: HouseHere) -> Response:
    """Revoke the key for good."""
    _find(house, form.visitor, key)
    if wrong_code := take_code(house, form):
        return _revoking(request, house, form.visitor, key, {"totp": wrong_code})
    revoke_key(house, form.visitor.who, key)
    return RedirectResponse(_HERE, 303)


def _agency(visitor: SignedIn) -> str | None:
    """Return the name of a manager's agency; None for operators, whose keys are the exchange's."""
    papers = visitor.person.papers
    return None if visitor.person.role is Role.OPERATOR else papers.agency_name or papers.agency_id


def _find(house: House, visitor: SignedIn, key: str) -> KeyBody:
    for one in list_bodies(house, visitor).items:
        if one.id == key:
            return one
    raise KeyNotFoundError("there is no such key")


def _keys(
    request: Request,
    house: House,
    visitor: SignedIn,
    *,
    issued: Issued | None = None,
    errors: dict[str, str] | None = None,
    label: str = "",
) -> Response:
    return page(
        request,
        "system_keys.html",
        visitor,
        status=422 if errors else 200,
        keys=list_bodies(house, visitor).items,
        issued=issued,
        label=label,
        agency=_agency(visitor),
        numbers=house.policy.numbers,
        errors=errors or {},
        asks_code=needs_code(house, visitor) or "totp" in (errors or {}),
    )


def _revoking(
    request: Request, house: House, visitor: SignedIn, key: str, errors: dict[str, str] | None = None
) -> Response:
    found = _find(house, visitor, key)
    return page(
        request,
        "revoke_key.html",
        visitor,
        status=422 if errors else 200,
        key=found,
        can_revoke=found.state in {KeyState.ACTIVE, KeyState.EXPIRED},
        errors=errors or {},
        asks_code=needs_code(house, visitor) or bool(errors),
    )
