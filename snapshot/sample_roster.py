"""The agents of a sample: their papers, their agencies, and what has lapsed where.

Papers are renewed each in its own rhythm, so that from one Friday to the next almost all dates stay.
Papers lapse at fixed places of the roster: `LAPSED` says which.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, timedelta

from snapshot.sample_lives import Part, chance_of
from snapshot.sample_words import Words, between, one_of

ROSTER_COLUMNS = (
    "license_number",
    "npn",
    "name",
    "email",
    "agency_id",
    "agency_name",
    "role",
    "title",
    "business_address",
    "license_status",
    "license_expires_on",
    "certification_status",
    "certified_on",
    "agreement_version",
    "agreement_signed_on",
    "training_completed_on",
    "attested_on",
    "email_changed_on",
)
MOST_AGENTS = 90_000
# Place in the roster: what lapsed there, as days from the as-of day where it is a date.
LAPSED: Mapping[int, Mapping[str, str | int]] = {
    2: {"license_status": "expired", "license_expires_on": -29},
    3: {"certification_status": "lapsed", "certified_on": -580},
    5: {"agreement_version": "2024-07", "agreement_signed_on": -900},
}
# Place in the roster: who manages the agency there. Each third agent has no agency.
MANAGERS = frozenset({1, 8, 13, 14})
_SECOND_PAIR_FROM = 12
_LARGE_FROM = 36


def agents_of(seed: int, agents: int, day: date, words: Words) -> list[dict[str, str]]:
    """Return that many agents as they stand on a day, in the roster's order."""
    chance = chance_of(seed, Part.ROSTER)
    first_number = between(chance, 5_000_000, 10_000_000)
    made = []
    for place in range(agents):
        person = _agent(chance, words, place, day)
        person["license_number"] = f"0{'BCDEFGHIK'[place % 9]}{10_000 + 7 * place % MOST_AGENTS:05d}"
        person["npn"] = str(first_number + place * 48_271 % 89_999_999)
        made.append(person)
    return made


def _agent(chance: random.Random, words: Words, place: int, day: date) -> dict[str, str]:
    _, city, postcode = words.places.draw(chance)
    number, agency = _agency(words, place)
    is_manager = place in MANAGERS or (place >= _LARGE_FROM and place % _LARGE_FROM == 1)
    street = f"{between(chance, 100, 9899)} {one_of(chance, words.streets)} Avenue"
    person: dict[str, str | int] = {
        "license_number": "",
        "npn": "",
        "name": f"{one_of(chance, words.agent_given)} {one_of(chance, words.agent_family)}",
        "email": f"agent{place:04d}@agents.example",
        "agency_id": f"AG{number:04d}" if number else "",
        "agency_name": agency,
        "role": "manager" if is_manager else "agent",
        "title": "Licensed Insurance Agent",
        "business_address": f"{street}, {city}, CA {postcode}",
        "license_status": "active",
        "license_expires_on": 900 - _days_ago(chance, day, 720),
        "certification_status": "active",
        "certified_on": -30 - _days_ago(chance, day, 270),
        "agreement_version": "2026-01",
        "agreement_signed_on": -30 - _days_ago(chance, day, 220),
        "training_completed_on": -20 - _days_ago(chance, day, 280),
        "attested_on": -20 - _days_ago(chance, day, 280),
        "email_changed_on": -100 - _days_ago(chance, day, 700),
    }
    person |= LAPSED.get(place, {})
    return {
        name: value if isinstance(value, str) else (day + timedelta(days=value)).isoformat()
        for name, value in person.items()
    }


def _agency(words: Words, place: int) -> tuple[int, str]:
    """Return an agent's agency and its name, 0 for none."""
    if place % 3 == 0:
        return 0, ""
    if place >= _LARGE_FROM:
        number = place // _LARGE_FROM + len(words.agencies)
        return number, f"{words.agencies[number % len(words.agencies)]} {number}"
    number = place % 3 + (2 if place >= _SECOND_PAIR_FROM else 0)
    return number, words.agencies[number - 1]


def _days_ago(chance: random.Random, day: date, cycle: int) -> int:
    """Return how long ago something was that comes again every so many days."""
    return (day.toordinal() + between(chance, 0, cycle - 1)) % cycle
