"""Read a roster: the exchange's list of agents and their papers, as CSV.

A roster is taken whole or not at all; an error names the record and the column and never
the value. The header has exactly the 18 columns of ROSTER_COLUMNS, in any order.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from identity.people import Papers, Role
from runtime.csv_text import CsvTextError, read_records, wrong_length


class RosterError(Exception):
    """The roster is refused; `places` says where, each without a value."""

    def __init__(self, places: list[str]) -> None:
        super().__init__("the roster is refused: " + "; ".join(places[:10]))
        self.places = places


def _day(text: str) -> date:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError("not a date")
    return date.fromisoformat(text)


def _matching(pattern: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError("not of the form")
        return text

    return check


def _role(text: str) -> Role:
    role = Role(text)
    if role not in {Role.AGENT, Role.MANAGER}:
        raise ValueError("a roster holds agents and managers")
    return role


_FILLED = _matching(r"(?s)[^\x00-\x1f]{1,300}")
_ANY = _matching(r"[^\x00-\x1f]{0,300}")
_WORD = _matching(r"[a-z-]{1,40}")
_PARSERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "license_number": ("licence", _matching(r"[0-9A-Z]{4,16}")),
    "npn": ("npn", _matching(r"[0-9]{0,10}")),
    "name": ("name", _FILLED),
    "email": ("email", _matching(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}")),
    "agency_id": ("agency_id", _matching(r"[0-9A-Za-z-]{0,40}")),
    "agency_name": ("agency_name", _ANY),
    "role": ("role", _role),
    "title": ("title", _FILLED),
    "business_address": ("business_address", _FILLED),
    "license_status": ("licence_status", _WORD),
    "license_expires_on": ("licence_expires_on", _day),
    "certification_status": ("certification_status", _WORD),
    "certified_on": ("certified_on", _day),
    "agreement_version": ("agreement_version", _matching(r"[0-9]{4}-[0-9]{2}")),
    "agreement_signed_on": ("agreement_signed_on", _day),
    "training_completed_on": ("training_completed_on", _day),
    "attested_on": ("attested_on", _day),
    "email_changed_on": ("email_changed_on", _day),
}
ROSTER_COLUMNS = tuple(_PARSERS)


def read_roster(data: bytes) -> list[Papers]:
    """Return every agent's papers, in the file's order, or raise RosterError."""
    try:
        records = read_records(data)
    except CsvTextError as error:
        raise RosterError([error.place]) from None
    if not records or sorted(records[0]) != sorted(ROSTER_COLUMNS):
        raise RosterError([f"header: exactly these columns are needed: {', '.join(ROSTER_COLUMNS)}"])
    places: list[str] = []
    papers = [
        _read_record(number, records[0], record, places) for number, record in enumerate(records[1:], 2)
    ]
    for column in ("license_number", "email"):
        _find_repeats(column, papers, places)
    if places:
        raise RosterError(places)
    return [one for one in papers if one is not None]


def _read_record(number: int, header: list[str], record: list[str], places: list[str]) -> Papers | None:
    if place := wrong_length(number, record, header):
        places.append(place)
        return None
    fields: dict[str, Any] = {}
    for column, value in zip(header, record, strict=True):
        name, parse = _PARSERS[column]
        try:
            fields[name] = parse(value)
        except ValueError:
            places.append(f"record {number}, column {column}: not a value that this column takes")
    return Papers(**fields) if len(fields) == len(_PARSERS) else None


def _find_repeats(column: str, papers: list[Papers | None], places: list[str]) -> None:
    name, _ = _PARSERS[column]
    seen: set[str] = set()
    for number, one in enumerate(papers, 2):
        if one is None:
            continue
        # Mail servers take an address in any case for the same mailbox.
        value = getattr(one, name).casefold()
        if value in seen:
            places.append(f"record {number}, column {column}: stands twice")
        seen.add(value)
