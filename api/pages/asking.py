"""Export Book of Business: the form, its errors, and what it sends on.

Law: the form asks exactly what the JSON call asks, through the same function. A hidden key
makes two clicks one export.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from api.export_bodies import AskedExport
from api.exports import request_export
from api.pages.forms import needs_code, take_code
from api.pages.frame import page
from api.pages.roles import Agent, AgentForm
from api.signed_in import HouseHere, SignedIn
from house.wiring import House
from identity.people import Person, Role
from runtime.database import reading
from store.agencies import agents_of_agency

router = APIRouter(include_in_schema=False)

OWN, OVERSIGHT = "service-delegated-consumers", "agency-oversight"
_CHOOSE_PURPOSE = "Choose what you need the book for."
_CHOOSE_CHANNEL = "Choose how the book should come to you."
_ACCEPT = "Read the five duties and tick the box."
_CHOOSE_AGENT = "Choose an agent of your agency."
_KEY_MAX = 64


@router.get("/export")
def show_form(request: Request, visitor: Agent, house: HouseHere) -> Response:
    """Show the empty form."""
    return _form(request, house, visitor, {})


@router.post("/export")
def take_form(request: Request, form: AgentForm, house: HouseHere) -> Response:
    """Ask for the export, or show the form again with what is missing."""
    if form.get("draft"):
        return _form(request, house, form.visitor, form.fields)
    agents = _agents(house, form.visitor)
    errors = _errors(form.fields, {one.papers.licence for one in agents} | {""})
    body = None
    if not errors:
        own = form.visitor.person.papers.licence
        agent = form.get("agent") or own
        try:
            body = AskedExport.model_validate(
                {
                    "purpose": form.get("purpose"),
                    "channel": form.get("channel"),
                    "acknowledged": True,
                    "agent": None if agent == own else agent,
                }
            )
        except ValidationError:
            errors["channel"] = _CHOOSE_CHANNEL
    if body is None:
        return _form(request, house, form.visitor, form.fields, errors)
    wrong_code = take_code(house, form)
    if wrong_code:
        return _form(request, house, form.visitor, form.fields, {"totp": wrong_code})
    key = form.get("key")[:_KEY_MAX]
    made = request_export(body, form.visitor, house, Response(), f"page:{key}" if key.isalnum() else None)
    return RedirectResponse(f"/books/{made.id}", 303)


def _errors(fields: Mapping[str, str], licences: set[str]) -> dict[str, str]:
    errors = {}
    if fields.get("agent", "") not in licences:
        errors["agent"] = _CHOOSE_AGENT
    if fields.get("purpose") not in {OWN, OVERSIGHT}:
        errors["purpose"] = _CHOOSE_PURPOSE
    if fields.get("channel") not in {"link", "email"}:
        errors["channel"] = _CHOOSE_CHANNEL
    if fields.get("acknowledged") != "yes":
        errors["acknowledged"] = _ACCEPT
    return errors


def _form(
    request: Request,
    house: House,
    visitor: SignedIn,
    fields: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
) -> Response:
    values: dict[str, Any] = {
        "fields": {
            "agent": fields.get("agent", visitor.person.papers.licence),
            "purpose": fields.get("purpose", ""),
            "channel": fields.get("channel", "link"),
            "acknowledged": fields.get("acknowledged", ""),
        },
        "key": fields.get("key") or uuid4().hex,
        "errors": errors or {},
        "agents": _agents(house, visitor),
        "asks_code": needs_code(house, visitor) or "totp" in (errors or {}),
        "email": visitor.person.papers.email,
        "numbers": house.policy.numbers,
    }
    return page(request, "export.html", visitor, status=422 if errors else 200, **values)


def _agents(house: House, visitor: SignedIn) -> list[Person]:
    if visitor.person.role is not Role.MANAGER:
        return [visitor.person]
    with reading(house.engine) as connection:
        others = agents_of_agency(connection, visitor.person.papers.agency_id)
    return [visitor.person, *(one for one in others if one.id != visitor.person.id)]
