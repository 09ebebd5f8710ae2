"""Makers of extracts for tests: the committed cut, changed in one place at a time."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from policies.columns import Catalogue
from policies.never import shipped_list
from snapshot.findings import Finding
from snapshot.forbidden import Forbidden
from snapshot.inspection import Inspector
from snapshot.manifest import Manifest
from snapshot.report import ImportReport
from snapshot.sources import FileSource, open_extract
from snapshot.spool import Spool

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


def inspected(
    path: Path,
    as_of: datetime = AS_OF,
    known_agents: Sequence[str] | None = None,
    manifest: Manifest | None = None,
) -> ImportReport:
    """Read and check an extract, as an import does, and return its report."""
    with (
        open_extract(FileSource(path), NAMES) as extract,
        Spool(path.parent, 3) as spool,
        ThreadPoolExecutor(2) as workers,
    ):
        inspector = Inspector(
            as_of=as_of,
            catalogue=CATALOGUE,
            forbidden=Forbidden.of(shipped_list()),
            spool=spool,
            workers=workers,
            manifest=manifest,
        )
        return inspector.inspect(extract, known_agents=known_agents).report


def findings_of(path: Path, as_of: datetime = AS_OF) -> list[Finding]:
    """Return what is wrong with an extract."""
    return list(inspected(path, as_of).findings)


def active_agents() -> list[str]:
    """Return the licences of agents with active rows in the cut, sorted."""
    active = [row for row in data_rows() if row["delegation_status"] == "active"]
    return sorted({row["agent_license_number"] for row in active})
