"""Makers of extracts for tests: the committed cut, changed in one place at a time."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

from policies.columns import Catalogue
from snapshot.checks import check_header, check_rows
from snapshot.extract import read_extract
from snapshot.findings import Finding

DATA = Path(__file__).parents[1] / "data" / "extract.csv"
AS_OF = datetime(2026, 11, 21, 5, tzinfo=UTC)
CATALOGUE = Catalogue.load()
NAMES = [column.name for column in CATALOGUE.columns]
Row = dict[str, str]


def data_rows() -> list[Row]:
    """Return the committed cut as the standard library reads it."""
    with DATA.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_rows(path: Path, rows: list[Row]) -> Path:
    """Write rows as an extract; the header is the first row's."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def row_of_kind(rows: list[Row], kind: str, *, covered: bool = True) -> int:
    """Return the place of a row of a kind of consumer, with coverage or without."""
    return next(
        place
        for place, row in enumerate(rows)
        if row["consumer_kind"] == kind and bool(row["coverage_type"]) == covered
    )


def findings_of(path: Path, as_of: datetime = AS_OF) -> list[Finding]:
    """Read and check an extract, as an import does."""
    extract = read_extract(path, NAMES)
    findings = [*extract.findings]
    if extract.header:
        findings += check_header(extract.header, CATALOGUE)
    if findings or extract.rows is None:
        return findings
    return check_rows(extract.rows, CATALOGUE, as_of)


def active_agents() -> list[str]:
    """Return the licences of agents with active rows in the cut, sorted."""
    active = [row for row in data_rows() if row["delegation_status"] == "active"]
    return sorted({row["agent_license_number"] for row in active})
