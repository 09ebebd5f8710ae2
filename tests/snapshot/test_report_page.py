"""A report as a page: places, reasons and counts, everything escaped, and no value of the extract."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from snapshot.changes import Changes, Drift, Measure
from snapshot.findings import FindingCode, at_file, at_records
from snapshot.report import ImportReport
from snapshot.report_page import write_page
from tests.snapshot.extracts import NAMES, data_rows, inspected, write_rows

PLANTED = ("PlantedNonsense1987", "Guadalupe-Montgomery-Ramirez", "123-45-6789")
CLEAN = ImportReport(
    file="weekly.csv",
    sha256="0" * 64,
    rows=1200,
    agents=3,
    kinds={"Medi-Cal": 1200},
    delegations={"active": 1200},
    unlisted_agents=None,
    findings=(),
)


def test_a_refusal_names_places_and_reasons_and_no_value(tmp_path: Path) -> None:
    """Column, record, code and count of each planted value are there; the values aren't, in any form."""
    rows = data_rows()
    rows[7]["date_of_birth"], rows[8]["consumer_kind"], rows[9]["home_address"] = PLANTED
    report = inspected(write_rows(tmp_path / "bad.csv", rows))
    page = write_page(report)
    for place in ("date_of_birth", "consumer_kind", "bad-type", ">9<", ">10<", "refused"):
        assert place in page
    told = page + report.as_json() + "\n".join(report.lines())
    assert [] == [value for value in PLANTED if value in told]
    others = {
        row[name] for row in rows for name in ("case_number", "last_name", "email") if len(row[name]) > 4
    }
    assert [] == [value for value in others if value in told]


def test_a_file_without_header_shows_none_of_its_first_record(tmp_path: Path) -> None:
    """Where values stand in the header's place, fields are told by number."""
    rows = data_rows()
    path = tmp_path / "headless.csv"
    path.write_text("".join(",".join(row.values()) + "\n" for row in rows[:3]), encoding="utf-8")
    page = write_page(inspected(path))
    assert "header field 1<" in page
    values = {value for value in rows[0].values() if len(value) > 8}
    values = {value for value in values if not any(value in name for name in NAMES)}
    assert [] == [value for value in values if value in page]


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x>', "a&b"])
def test_names_that_others_chose_are_escaped(name: str) -> None:
    """A file's and a column's name are text, never markup."""
    findings = (
        at_file(FindingCode.UNKNOWN_COLUMN, name),
        at_records(FindingCode.BAD_TYPE, name, range(2, 9)),
    )
    page = write_page(replace(CLEAN, file=name, findings=findings, kinds={name: 1}))
    assert name not in page
    assert not re.search(r"<(script|img)", page)
    assert "2, 3, 4, 5, 6, …" in page


def test_a_page_loads_nothing() -> None:
    """No address, no script; its policy forbids them too."""
    page = write_page(CLEAN)
    assert "default-src 'none'" in page
    assert not re.search(r"(src|href)=|https?:|<script", page)
    assert "1,200" in page
    assert "not counted" in page


def test_what_changed_and_drifted_is_told() -> None:
    """An accepted extract's page has the comparison and the bounds."""
    changes = Changes(
        as_of="2026-11-21T05:00:00.000000Z",
        revision=1,
        rows_before=2400,
        agents_before=6,
        agents_new=0,
        agents_gone=3,
        agents_changed=1,
        begun=None,
        ended=None,
        agents_gone_percent=50,
        rows_change_percent=50,
        kind_shift_points=0,
    )
    drift = (Drift(measure=Measure.AGENTS_GONE, found=50, bound=20),)
    page = write_page(replace(CLEAN, changes=changes, drift=drift))
    assert "2,400" in page
    assert "50 percent of the agents are gone; 20 are within bounds [agents-gone]" in page
    assert "another year" in "\n".join(changes.lines())
