"""Synthetic households: who lives together, what each member has, and what is blank.

A household is of one kind. In a mixed one children under 19 (else all but the primary
contact) have Medi-Cal and the others a plan, so that each row shows the one or the other.
Ages fit relationships, money adds up, and the rest is drawn by weights.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from policies.columns import Kind
from snapshot.sample_coverage import day_before, dental, medi_cal, on_plan

Row = dict[str, str]
SAMPLE_FILE = Path(__file__).with_name("sample.toml")
_ADULT = 19
_MIXED = Kind.MIXED_HOUSEHOLD
_AREA_CODES = ("209", "213", "310", "415", "510", "530", "559", "619", "714", "760", "805", "916")


@dataclass(frozen=True, kw_only=True)
class Words:
    """What the sample is made of, as `sample.toml` has it."""

    streets: list[str]
    street_kinds: list[str]
    issuers: list[str]
    networks: list[str]
    agencies: list[str]
    agent_given: list[str]
    agent_family: list[str]
    language: list[dict[str, Any]]
    county: list[dict[str, Any]]
    odd: list[dict[str, str]]

    @classmethod
    def load(cls) -> Words:
        """Read the words that ship with the service."""
        return cls(**tomllib.loads(SAMPLE_FILE.read_text(encoding="utf-8")))

    def place(self, chance: random.Random) -> tuple[str, str, str]:
        """Return a county, a city in it, and a ZIP code of the city."""
        county = _weighted(chance, self.county)
        city, postcode = chance.choice(county["cities"])
        return county["name"], city, postcode


def households(
    chance: random.Random, words: Words, agents: Sequence[Row], consumers: int, as_of: datetime
) -> Iterator[Row]:
    """Yield the rows of that many consumers, household by household; each agent gets an active one."""
    weights = [chance.randrange(1, 10) for _ in agents]
    odd_each = max(1, consumers // len(words.odd))
    case = made = 0
    while made < consumers:
        agent = agents[case] if case < len(agents) else chance.choices(agents, weights)[0]
        room_left = consumers - made - max(0, len(agents) - case - 1)
        size = max(1, min(chance.choices((1, 2, 3, 4, 5), (45, 22, 15, 12, 6))[0], room_left))
        for rows in _household(chance, words, case, size, agent, as_of, is_first=case < len(agents)):
            own = {"consumer_id": f"{chance.randrange(1000, 9999)}{made:06d}"}
            if made % odd_each == 0 and made // odd_each < len(words.odd):
                odd = words.odd[made // odd_each]
                own[odd["column"]] = odd["value"]
            yield from (row | own for row in rows)
            made += 1
        case += 1


def _household(
    chance: random.Random,
    words: Words,
    case: int,
    size: int,
    agent: Row,
    as_of: datetime,
    *,
    is_first: bool,
) -> list[list[Row]]:
    """Return each member's rows, one a coverage."""
    today = as_of.date()
    kind = _kind(chance, size)
    language = _weighted(chance, words.language)
    ages = _ages(chance, size)
    has_medi_cal = _who_has_medi_cal(kind, ages)
    delegation = "active" if is_first else chance.choices(("active", "ended", "pending"), (93, 4, 3))[0]
    shared = _shared(chance, words, case, agent, as_of, delegation) | {
        "consumer_kind": kind.value,
        "household_size": str(size),
        "last_name": chance.choice(language["family"]),
        "preferred_language": language["name"] if _happens(chance, 60) else "English",
    }
    enrolled = {"enrolled_member_count": str(has_medi_cal.count(False))}
    issuer, network = chance.choice(words.issuers), chance.choice(words.networks)
    members = []
    for place, age in enumerate(ages):
        row = shared | _member(chance, language, place, age, ages, today, case)
        if has_medi_cal[place]:
            members.append([row | medi_cal(chance, age, shared["home_county"], today)])
            continue
        health = row | enrolled | on_plan(chance, issuer, network, today)
        members.append([health, dental(chance, health)] if _happens(chance, 6) else [health])
    return members


def _kind(chance: random.Random, size: int) -> Kind:
    weights = (60, 25, 15 if size > 1 else 0)
    return chance.choices((Kind.COVERED_CALIFORNIA, Kind.MEDI_CAL, _MIXED), weights)[0]


def _who_has_medi_cal(kind: Kind, ages: Sequence[int]) -> list[bool]:
    if kind is not _MIXED:
        return [kind is Kind.MEDI_CAL] * len(ages)
    children = [age < _ADULT for age in ages]
    return children if any(children) else [place > 0 for place in range(len(ages))]


def _ages(chance: random.Random, size: int) -> list[int]:
    """Return ages: the primary contact's, a second adult's in most households, then children's."""
    primary = chance.randrange(26, 75)
    ages = [primary]
    if size > 1 and _happens(chance, 70):
        ages.append(max(_ADULT + 2, min(80, primary + chance.randrange(-8, 9))))
    while len(ages) < size:
        ages.append(chance.randrange(0, min(25, primary - 18)))
    return ages


def _shared(
    chance: random.Random, words: Words, case: int, agent: Row, as_of: datetime, delegation: str
) -> Row:
    county, city, postcode = words.place(chance)
    today = as_of.date()
    ended = day_before(chance, today, 1, 25) if delegation == "ended" else ""
    return {
        "snapshot_as_of": as_of.isoformat(),
        "case_number": f"{chance.randrange(10**6):06d}{case:06d}",
        "case_status": chance.choices(("active", "inactive", "closed"), (90, 8, 2))[0],
        "application_year": str(today.year),
        "application_status": "submitted",
        "application_submitted_date": day_before(chance, today, 30, 320),
        "delegation_status": delegation,
        "delegation_start_date": day_before(chance, today, 30, 1400),
        "delegation_end_date": ended,
        "agent_name": agent["name"],
        "agent_license_number": agent["license_number"],
        "agent_npn": agent["npn"],
        "agency_name": agent["agency_name"],
        "home_address": f"{chance.randrange(1, 9900):05d} {chance.choice(words.streets)} "
        f"{chance.choice(words.street_kinds)}",
        "home_city": city,
        "home_state": "CA",
        "home_zip": postcode,
        "home_county": county,
        "renewal_status": chance.choice(("not due", "auto-renewed", "action needed")),
        "renewal_due_date": day_before(chance, today, -90, -5) if _happens(chance, 50) else "",
        "last_change_date": day_before(chance, today, 1, 200),
    }


def _member(
    chance: random.Random,
    language: dict[str, Any],
    place: int,
    age: int,
    ages: Sequence[int],
    today: date,
    case: int,
) -> Row:
    is_adult = age >= _ADULT
    is_spouse = place == 1 and age >= _ADULT and ages[0] - age < _ADULT
    relationship = "Self" if place == 0 else "Spouse" if is_spouse else "Child"
    reached = _happens(chance, 70) and is_adult
    phone = f"({chance.choice(_AREA_CODES)}) 555-01{chance.randrange(100):02d}"
    return {
        "first_name": chance.choice(language["given"]),
        "middle_name": chance.choice(("", "", "J", "Lee", "Marie")),
        "date_of_birth": (today - timedelta(days=int(365.25 * age) + chance.randrange(1, 360))).isoformat(),
        "gender": chance.choices(("Female", "Male", "X", ""), (46, 44, 4, 6))[0],
        "primary_contact": "true" if place == 0 else "false",
        "relationship_to_primary": relationship,
        "applying_for_coverage": "true",
        "phone_primary": phone if reached else "",
        "email": f"c{case:07d}m{place}@mail.example" if reached else "",
        "eligibility_status": chance.choices(("eligible", "conditional", "pending"), (85, 9, 6))[0],
        "eligibility_determined_date": day_before(chance, today, 10, 300),
    }


def _happens(chance: random.Random, percent: int) -> bool:
    return chance.randrange(100) < percent


def _weighted(chance: random.Random, items: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return chance.choices(items, [item["share"] for item in items])[0]
