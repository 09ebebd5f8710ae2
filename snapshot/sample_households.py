"""Synthetic households: who lives together, what each member has, and what is blank.

A household is of one kind. In a mixed one children under 19 (else all but the primary
contact) have Medi-Cal and the others a plan, so that each row shows the one or the other.
Ages fit relationships, money adds up, and the rest is drawn by weights. Who they are is drawn
from the chance of their stay, what is known of them from that of the edition.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from policies.columns import Kind
from snapshot.sample_coverage import day_before, dental, medi_cal, on_plan
from snapshot.sample_lives import Life
from snapshot.sample_words import Language, Weighted, Words, between, happens, one_of

Row = dict[str, str]
_ADULT = 19
_MIXED = Kind.MIXED_HOUSEHOLD
_KINDS = {
    is_family: Weighted.of((Kind.COVERED_CALIFORNIA, Kind.MEDI_CAL, _MIXED), (60, 25, 15 if is_family else 0))
    for is_family in (True, False)
}
_AREA_CODES = ("209", "213", "310", "415", "510", "530", "559", "619", "714", "760", "805", "916")
_CASE_STATUS = Weighted.of(("active", "inactive", "closed"), (90, 8, 2))
_GENDER = Weighted.of(("Female", "Male", "X", ""), (46, 44, 4, 6))
_ELIGIBILITY = Weighted.of(("eligible", "conditional", "pending"), (85, 9, 6))
_RENEWAL = ("not due", "auto-renewed", "action needed")
_MIDDLE = ("", "", "J", "Lee", "Marie")
# Multiplying by what has no factor 2 or 5 gives every number below a power of ten once.
_SCATTER = 6_364_136_223_846_793
_CONSUMER_IDS, _CASE_NUMBERS = 10**10, 10**12
_MOST_PLACES = 10**8


@dataclass(frozen=True, kw_only=True)
class Household:
    """A household to be written: `place` and `first` count places and consumers from 0 over all."""

    place: int
    first: int
    size: int
    life: Life
    agent: Row
    as_of: str


def rows_of(household: Household, words: Words, who: random.Random, what: random.Random) -> list[list[Row]]:
    """Return each member's rows, one a coverage; `who` is the stay's chance, `what` the edition's."""
    life, size = household.life, household.size
    kind = _KINDS[size > 1].draw(who)
    language = words.languages.draw(who)
    ages = _ages(who, size)
    has_medi_cal = _who_has_medi_cal(kind, ages)
    family = one_of(who, language.family)
    issuer, network = one_of(who, words.issuers), one_of(who, words.networks)
    shared = _shared(household, words, who, what) | {
        "consumer_kind": kind.value,
        "household_size": str(size),
        "last_name": family,
        "preferred_language": language.name if happens(who, 60) else "English",
    }
    case = int(shared["case_number"])
    enrolled = {"enrolled_member_count": str(has_medi_cal.count(False))}
    members = []
    for place, age in enumerate(ages):
        person = _person(who, language, place, age, ages, life.moved_in, case)
        row = shared | person | _judged(what, life.noted)
        row["consumer_id"] = _scattered(household.first + place, life.stay, _CONSUMER_IDS)
        if has_medi_cal[place]:
            members.append([row | medi_cal(what, age, shared["home_county"], life.noted)])
            continue
        health = row | enrolled | on_plan(what, issuer, network, life.noted)
        members.append([health, dental(what, health)] if happens(what, 6) else [health])
    return members


def _scattered(place: int, stay: int, modulus: int) -> str:
    number = (stay * _MOST_PLACES + place) * _SCATTER % modulus
    return f"{number:0{len(str(modulus)) - 1}d}"


def _who_has_medi_cal(kind: Kind, ages: Sequence[int]) -> list[bool]:
    if kind is not _MIXED:
        return [kind is Kind.MEDI_CAL] * len(ages)
    children = [age < _ADULT for age in ages]
    return children if any(children) else [place > 0 for place in range(len(ages))]


def _ages(chance: random.Random, size: int) -> list[int]:
    """Return ages: the primary contact's, a second adult's in most households, then children's."""
    primary = between(chance, 26, 74)
    ages = [primary]
    if size > 1 and happens(chance, 70):
        ages.append(max(_ADULT + 2, min(80, primary + between(chance, -8, 8))))
    while len(ages) < size:
        ages.append(between(chance, 0, min(24, primary - 19)))
    return ages


def _shared(household: Household, words: Words, who: random.Random, what: random.Random) -> Row:
    county, city, postcode = words.places.draw(who)
    life, agent = household.life, household.agent
    return {
        "snapshot_as_of": household.as_of,
        "case_number": _scattered(household.place, life.stay, _CASE_NUMBERS),
        "case_status": _CASE_STATUS.draw(what),
        "application_year": str(life.noted.year),
        "application_status": "submitted",
        "application_submitted_date": day_before(who, life.moved_in, 5, 320),
        "delegation_status": life.delegation,
        "delegation_start_date": life.delegated.isoformat(),
        "delegation_end_date": life.ended.isoformat() if life.ended else "",
        "agent_name": agent["name"],
        "agent_license_number": agent["license_number"],
        "agent_npn": agent["npn"],
        "agency_name": agent["agency_name"],
        "home_address": f"{between(who, 1, 9899):05d} {one_of(who, words.streets)} "
        f"{one_of(who, words.street_kinds)}",
        "home_city": city,
        "home_state": "CA",
        "home_zip": postcode,
        "home_county": county,
        "renewal_status": one_of(what, _RENEWAL),
        "renewal_due_date": day_before(what, life.noted, -90, -5) if happens(what, 50) else "",
        "last_change_date": day_before(what, life.noted, 1, 200),
    }


def _person(
    chance: random.Random,
    language: Language,
    place: int,
    age: int,
    ages: Sequence[int],
    day: date,
    case: int,
) -> Row:
    is_spouse = place == 1 and age >= _ADULT and ages[0] - age < _ADULT
    reached = happens(chance, 70) and age >= _ADULT
    born = day - timedelta(days=int(365.25 * age) + between(chance, 1, 359))
    return {
        "first_name": one_of(chance, language.given),
        "middle_name": one_of(chance, _MIDDLE),
        "date_of_birth": born.isoformat(),
        "gender": _GENDER.draw(chance),
        "primary_contact": "true" if place == 0 else "false",
        "relationship_to_primary": "Self" if place == 0 else "Spouse" if is_spouse else "Child",
        "applying_for_coverage": "true",
        "phone_primary": f"({one_of(chance, _AREA_CODES)}) 555-01{between(chance, 0, 99):02d}"
        if reached
        else "",
        "email": f"c{case:012d}m{place}@mail.example" if reached else "",
    }


def _judged(chance: random.Random, day: date) -> Row:
    return {
        "eligibility_status": _ELIGIBILITY.draw(chance),
        "eligibility_determined_date": day_before(chance, day, 10, 300),
    }
