"""Makes a synthetic extract with its roster and manifest; the same seed gives the same bytes.

What it makes imports as it is: values fit the catalogue, households make sense, and odd
values (formulas, padding, other scripts, words that readers take for nothing) stand among
them. Papers lapse at fixed places of the roster: `LAPSED` says which. No person is in it.
"""

from __future__ import annotations

import csv
import hashlib
import json
import random
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from policies.columns import Catalogue
from runtime.clock import PACIFIC
from snapshot.calendar import is_cutoff
from snapshot.sample_households import Row, Words, households

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
# Place in the roster: what lapsed there, as days from the as-of day where it is a date.
LAPSED: Mapping[int, Mapping[str, str | int]] = {
    2: {"license_status": "expired", "license_expires_on": -29},
    3: {"certification_status": "lapsed", "certified_on": -580},
    5: {"agreement_version": "2024-07", "agreement_signed_on": -900},
}
# Place in the roster: who manages the agency there. Each third agent has no agency.
MANAGERS = frozenset({1, 8, 13, 14})
_SECOND_PAIR_FROM = 12


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The files of a sample, and its agents' licences in the roster's order."""

    extract: Path
    roster: Path
    manifest: Path
    licences: tuple[str, ...]


def make_sample(agents: int, consumers: int, seed: int, as_of: datetime, out: Path) -> Sample:
    """Write `extract.csv`, `roster.csv` and `manifest.json` into a folder.

    `as_of` is a Friday 21:00 Pacific, else ValueError, as for fewer than one agent or
    consumer. Consumers with health and dental coverage have two rows.
    """
    if not is_cutoff(as_of):
        raise ValueError("as-of is not a Friday 21:00 America/Los_Angeles")
    if agents < 1 or consumers < 1:
        raise ValueError("a sample has at least one agent and one consumer")
    chance = random.Random(seed)  # noqa: S311  the same seed must give the same sample; nothing secret
    words = Words.load()
    local = as_of.astimezone(PACIFIC)
    people = [_agent(chance, words, place, local.date()) for place in range(agents)]
    for place, person in enumerate(people):
        person["license_number"] = f"0{'BCDEFGHIK'[place % 9]}{10_000 + 7 * place:05d}"
    rows = households(chance, words, people, consumers, local)
    out.mkdir(parents=True, exist_ok=True)
    extract, roster, manifest = (out / name for name in ("extract.csv", "roster.csv", "manifest.json"))
    kinds: Counter[str] = Counter()
    columns = [column.name for column in Catalogue.load().columns]
    _write(extract, columns, _counting(rows, kinds))
    _write(roster, ROSTER_COLUMNS, people)
    document = {
        "v": 1,
        "as_of": local.isoformat(),
        "seed": seed,
        "agents": agents,
        "consumers": consumers,
        "kinds": dict(sorted(kinds.items())),
        "federal_tax_information": False,
        "confidential_communications": [],
        "files": {
            path.name: {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "rows": count}
            for path, count in ((extract, kinds.total()), (roster, agents))
        },
    }
    manifest.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    licences = tuple(person["license_number"] for person in people)
    return Sample(extract=extract, roster=roster, manifest=manifest, licences=licences)


def _agent(chance: random.Random, words: Words, place: int, day: date) -> Row:
    agency = place % 3 + (2 if place >= _SECOND_PAIR_FROM and place % 3 else 0)
    _, city, postcode = words.place(chance)
    street = f"{chance.randrange(100, 9900)} {chance.choice(words.streets)} Avenue"
    person: dict[str, str | int] = {
        "license_number": "",
        "npn": str(chance.randrange(5_000_000, 99_999_999)),
        "name": f"{chance.choice(words.agent_given)} {chance.choice(words.agent_family)}",
        "email": f"agent{place:04d}@agents.example",
        "agency_id": f"AG{agency:04d}" if agency else "",
        "agency_name": words.agencies[agency - 1] if agency else "",
        "role": "manager" if place in MANAGERS else "agent",
        "title": "Licensed Insurance Agent",
        "business_address": f"{street}, {city}, CA {postcode}",
        "license_status": "active",
        "license_expires_on": chance.randrange(180, 900),
        "certification_status": "active",
        "certified_on": -chance.randrange(30, 300),
        "agreement_version": "2026-01",
        "agreement_signed_on": -chance.randrange(30, 250),
        "training_completed_on": -chance.randrange(20, 300),
        "attested_on": -chance.randrange(20, 300),
        "email_changed_on": -chance.randrange(100, 800),
    }
    person |= LAPSED.get(place, {})
    return {
        name: value if isinstance(value, str) else (day + timedelta(days=value)).isoformat()
        for name, value in person.items()
    }


def _counting(rows: Iterable[Row], kinds: Counter[str]) -> Iterable[Row]:
    for row in rows:
        kinds[row["consumer_kind"]] += 1
        yield row


def _write(path: Path, columns: Iterable[str], rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(columns), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
