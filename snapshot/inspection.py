"""Reads and checks an extract and says what was found; nothing of it is kept here."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from policies.columns import Catalogue
from snapshot.checks import AGENT, DELEGATION, KIND, check_header, check_rows
from snapshot.extract import read_extract
from snapshot.report import ImportReport


@dataclass(frozen=True, kw_only=True)
class Inspected:
    """An extract's report, and its text rows where nothing was found (else None)."""

    report: ImportReport
    rows: pa.Table | None


def inspect_extract(
    path: Path, as_of: datetime, catalogue: Catalogue, known_agents: Collection[str] | None = None
) -> Inspected:
    """Read and check a file as the extract of an as-of moment; OSError without a file."""
    extract = read_extract(path, [column.name for column in catalogue.columns])
    findings = list(extract.findings)
    if extract.header:
        findings += check_header(extract.header, catalogue)
    rows = None if findings else extract.rows
    if rows is not None:
        findings += check_rows(rows, catalogue, as_of)
    agents = set(pc.unique(rows.column(AGENT)).to_pylist()) if rows is not None else set()
    report = ImportReport(
        file=extract.file,
        sha256=extract.sha256,
        rows=extract.rows.num_rows if extract.rows is not None else 0,
        agents=len(agents),
        kinds=_counts(rows, catalogue, KIND),
        delegations=_counts(rows, catalogue, DELEGATION),
        unlisted_agents=None if known_agents is None else len(agents - set(known_agents)),
        findings=tuple(findings),
    )
    return Inspected(report=report, rows=None if findings else rows)


def _counts(rows: pa.Table | None, catalogue: Catalogue, column: str) -> dict[str, int]:
    """Count rows by each exact value; whatever else stands in the column isn't shown."""
    if rows is None:
        return {}
    counted = {one["values"]: one["counts"] for one in rows.column(column).value_counts().to_pylist()}
    return {value: counted[value] for value in catalogue.column(column).values if value in counted}
