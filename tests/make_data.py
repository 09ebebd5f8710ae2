"""Cuts tests/data out of a larger synthetic extract and its roster.

    python -m tests.make_data EXTRACT.csv ROSTER.csv OUT_FOLDER

The cut has every row that holds an awkward value (a formula's start, padding, a line
break, a quote, a word that readers take for nothing or for a number, an escape of
Excel's, a very long text), then rows that show each script, each exact value and each
blank in each kind of consumer, then the rest of their households, 300 rows at most. Rows
keep their order and values stay as they are.
"""

from __future__ import annotations

import csv
import re
import sys
import unicodedata
from collections import Counter
from pathlib import Path

MAX_ROWS = 300
MAX_DISTINCT = 20
AWKWARD = {
    "formula": re.compile(r"[=+\-@\t\0]"),
    "padding": re.compile(r"\s|.*\s\Z", re.DOTALL),
    "control": re.compile(r".*[\t\r\n]", re.DOTALL),
    "quote": re.compile(r".*[\"']", re.DOTALL),
    "literal": re.compile(r"(?:null|nan|n/?a|none|true|false|\d+e\d+)\Z", re.IGNORECASE),
    "escape": re.compile(r".*_x[0-9A-Fa-f]{4}_", re.DOTALL),
    "long": re.compile(r".{100}", re.DOTALL),
}
FREE_TEXT = (
    "first_name", "middle_name", "last_name", "home_address", "home_city", "mailing_address",
    "authorized_representative", "agency_name", "issuer_name", "plan_name", "email", "phone_primary",
)  # fmt: skip
Row = dict[str, str]


def awkward_values(row: Row) -> set[str]:
    """Name what is awkward about a row's free text."""
    return {
        f"{column}: {name}"
        for column in FREE_TEXT
        for name, pattern in AWKWARD.items()
        if row[column] and pattern.match(row[column])
    }


def features(row: Row, short_lists: set[str]) -> set[str]:
    """Name what a row shows: scripts, exact values, and blanks by kind of consumer."""
    shown = {f"{row['consumer_kind']}: {column}: {bool(value)}" for column, value in row.items()}
    shown |= {f"{column} = {row[column]}" for column in short_lists}
    shown |= {f"agent {row['agent_license_number']} {row['delegation_status']}"}
    for column in FREE_TEXT:
        letters = (letter for letter in row[column] if letter.isalpha())
        shown |= {f"{column}: {unicodedata.name(letter, '?').split()[0]}" for letter in letters}
        if any(unicodedata.combining(letter) for letter in unicodedata.normalize("NFD", row[column])):
            shown.add(f"{column}: accents")
    return shown


def cut(rows: list[Row]) -> list[Row]:
    """Choose at most MAX_ROWS rows, in their own order."""
    distinct = {column: {row[column] for row in rows} for column in rows[0]}
    short_lists = {column for column, values in distinct.items() if len(values) <= MAX_DISTINCT}
    chosen = {place for place, row in enumerate(rows) if awkward_values(row)}
    shown = Counter(feature for place in chosen for feature in features(rows[place], short_lists))
    for place, row in enumerate(rows):
        added = features(row, short_lists)
        if any(not shown[feature] for feature in added):
            chosen.add(place)
            shown.update(added)
    households = {rows[place]["case_number"] for place in chosen}
    for place, row in enumerate(rows):
        if len(chosen) < MAX_ROWS and row["case_number"] in households:
            chosen.add(place)
    if len(chosen) > MAX_ROWS:
        sys.exit(f"the cut has {len(chosen)} rows, more than {MAX_ROWS}: choose less")
    return [rows[place] for place in sorted(chosen)]


def main(extract: Path, roster: Path, out: Path) -> None:
    """Write `extract.csv` and `roster.csv` into a folder."""
    with extract.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    chosen = cut(rows)
    out.mkdir(parents=True, exist_ok=True)
    with (out / "extract.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(chosen[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(chosen)
    (out / "roster.csv").write_bytes(roster.read_bytes())


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:4]))
