"""Active Consumers: the list, its search, filters, order and pages.

Laws
1. Everything that is looked for is posted. No address, and so no history and no log, has it.
2. The list goes on from page to page with the same search; whatever changes the search starts
   at the first page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from api.consumer_bodies import AskedConsumers, ConsumersPage
from api.consumers import search_consumers
from api.errors import BadCursorError, NoSnapshotError, UnknownChoiceError
from api.pages.frame import page
from api.pages.roles import Agent, AgentForm
from api.signed_in import HouseHere, SignedIn
from house.wiring import House

router = APIRouter(include_in_schema=False)

FIELDS = ("query", "kind", "status", "county", "sort")
_TOO_LONG = "Enter at most 100 characters."
_UNKNOWN = "Choose one from the list."


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of the table: what it shows (`names`, joined by a blank) and what it sorts by."""

    label: str
    names: tuple[str, ...]
    sort: str

    @property
    def down(self) -> str:
        """What sorts by this column, descending."""
        return ",".join(f"-{name}" for name in self.sort.split(","))


COLUMNS = (
    Column(label="Consumer", names=("last_name", "first_name"), sort="last_name,first_name"),
    Column(label="Case number", names=("case_number",), sort="case_number"),
    Column(label="Kind", names=("consumer_kind",), sort="consumer_kind"),
    Column(label="County", names=("home_county",), sort="home_county"),
    Column(label="Case", names=("case_status",), sort="case_status"),
    Column(label="Coverage", names=("coverage_type", "enrollment_status"), sort="coverage_type"),
    Column(label="Medi-Cal", names=("medi_cal_status",), sort="medi_cal_status"),
    Column(label="Renewal", names=("renewal_status", "renewal_due_date"), sort="renewal_due_date"),
    Column(label="Delegated since", names=("delegation_start_date",), sort="delegation_start_date"),
)
"""All twelve columns of the profile `list`, those that are read together in one cell."""

FILTERS: Mapping[str, str] = MappingProxyType({"kind": "Kind", "status": "Case status", "county": "County"})


@router.get("/consumers")
def show_list(request: Request, visitor: Agent, house: HouseHere) -> Response:
    """Show the first page of the whole list."""
    return _list(request, house, visitor, {})


@router.post("/consumers")
def take_search(request: Request, form: AgentForm, house: HouseHere) -> Response:
    """Show the page that a search, a heading or a page button asks for."""
    return _list(request, house, form.visitor, form.fields)


def _list(request: Request, house: House, visitor: SignedIn, fields: Mapping[str, str]) -> Response:
    typed = {name: fields.get(name, "").strip() for name in FIELDS}
    errors: dict[str, str] = {}
    found: ConsumersPage | None = None
    is_missing = is_moved = False
    try:
        asked = {name: value for name, value in typed.items() if value}
        cursor = fields.get("cursor") or None
        try:
            found = search_consumers(house, visitor, AskedConsumers(**asked, cursor=cursor))
        except BadCursorError:
            # New data came between two pages, or another search: begin again.
            is_moved = True
            found = search_consumers(house, visitor, AskedConsumers(**asked))
    except ValidationError as error:
        places = {str(one["loc"][0]) for one in error.errors()}
        errors = {name: _TOO_LONG if name == "query" else _UNKNOWN for name in FIELDS if name in places}
    except UnknownChoiceError as error:
        errors = {error.field: _UNKNOWN}
    except NoSnapshotError:
        is_missing = True
    return page(
        request,
        "consumers.html",
        visitor,
        status=422 if errors else 200,
        found=found,
        rows=[_cells(item) for item in found.items] if found else [],
        typed=typed,
        errors=errors,
        is_missing=is_missing,
        is_moved=is_moved,
        is_filtered=any(typed[name] for name in ("query", *FILTERS)),
        columns=COLUMNS,
        filters=FILTERS,
        numbers=house.policy.numbers,
    )


def _cells(item: Mapping[str, Any]) -> list[list[Any]]:
    """Return a row's cells in the table's order, blanks left out; ISO days as dates."""
    return [[_value(name, item[name]) for name in column.names if item[name]] for column in COLUMNS]


def _value(name: str, value: Any) -> Any:
    return date.fromisoformat(value) if name.endswith("_date") else value
