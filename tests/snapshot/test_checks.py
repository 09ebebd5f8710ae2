"""Every kind of bad extract is found by file, column and record, and no report shows a value."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies.never import shipped_list
from snapshot.checks import check_header, parse_moment
from snapshot.findings import MEANING, FindingCode
from tests.snapshot.extracts import AS_OF, CATALOGUE, NAMES, data_rows, findings_of, row_of_kind, write_rows

COVERED, MIXED, MEDI_CAL = "Covered California", "Mixed Household", "Medi-Cal"
BAD_TYPE, UNKNOWN_VALUE = FindingCode.BAD_TYPE, FindingCode.UNKNOWN_VALUE
OUTSIDE, NEVER = FindingCode.OUTSIDE_KIND, FindingCode.NEVER_EXPORT_VALUE
CONTROL, REQUIRED = FindingCode.CONTROL_CHARACTER, FindingCode.BLANK_REQUIRED

BAD_VALUES = [
    (COVERED, "date_of_birth", "1987-02-30", BAD_TYPE),
    (COVERED, "date_of_birth", "02/03/1987", BAD_TYPE),
    (COVERED, "date_of_birth", "1987-W05-1", BAD_TYPE),
    (COVERED, "date_of_birth", "1987-02-03 ", BAD_TYPE),
    (COVERED, "date_of_birth", "１９８７-02-03", BAD_TYPE),
    (COVERED, "last_change_date", "NULL", BAD_TYPE),
    (COVERED, "gross_premium", "1,084.75", BAD_TYPE),
    (COVERED, "gross_premium", "-584.75", BAD_TYPE),
    (COVERED, "gross_premium", "1584.7", BAD_TYPE),
    (COVERED, "gross_premium", "$584.75", BAD_TYPE),
    (COVERED, "gross_premium", "1000000.00", BAD_TYPE),
    (COVERED, "gross_premium", "000584.75", BAD_TYPE),
    (COVERED, "gross_premium", "5.8475E2", BAD_TYPE),
    (COVERED, "household_size", "2.0", BAD_TYPE),
    (COVERED, "household_size", "0000003", BAD_TYPE),
    (COVERED, "household_size", "99999999999", BAD_TYPE),
    (COVERED, "past_due", "TRUE", BAD_TYPE),
    (COVERED, "past_due", "yesyes", BAD_TYPE),
    (COVERED, "snapshot_as_of", "2026-11-20 21:00:00", BAD_TYPE),
    (COVERED, "snapshot_as_of", "2026-11-20T21:00:00", BAD_TYPE),
    (COVERED, "home_zip", "9221100", BAD_TYPE),
    (COVERED, "home_state", "Calif", BAD_TYPE),
    (COVERED, "case_status", "ACTIVE", UNKNOWN_VALUE),
    (COVERED, "consumer_kind", "Covered Oregon", UNKNOWN_VALUE),
    (COVERED, "metal_tier", "Unobtainium", UNKNOWN_VALUE),
    (COVERED, "documents_needed", "Proof of income;Other", UNKNOWN_VALUE),
    (COVERED, "documents_needed", "Proof of income; Proof of income", UNKNOWN_VALUE),
    (COVERED, "medi_cal_status", "discontinued", OUTSIDE),
    (COVERED, "medi_cal_county", "Imperial County", OUTSIDE),
    (MEDI_CAL, "issuer_name", "Somewhere Health", OUTSIDE),
    (MEDI_CAL, "gross_premium", "77123.45", OUTSIDE),
    (MEDI_CAL, "csr_level", "CSR 94", OUTSIDE),
    (COVERED, "first_name", "Zacha\x00rias", CONTROL),
    (COVERED, "last_name", "Vertical\x0bTab", CONTROL),
    (COVERED, "plan_name", "Bell\x07 Plan", CONTROL),
    (COVERED, "home_address", "12 Escape\x1b Road", CONTROL),
    (COVERED, "home_city", "Not a\uffffcharacter", CONTROL),
    (COVERED, "home_address", "SSN 123-45-6789", NEVER),
    (COVERED, "mailing_address", "078-05-1120", NEVER),
    (COVERED, "authorized_representative", "pays with 4111 1111 1111 1111", NEVER),
    (COVERED, "middle_name", "91234567A", NEVER),
    (COVERED, "consumer_id", "123-45-6789", NEVER),
]


@pytest.mark.parametrize(("kind", "column", "value", "code"), BAD_VALUES)
def test_a_bad_value_is_placed_and_never_shown(
    tmp_path: Path, kind: str, column: str, value: str, code: FindingCode
) -> None:
    """One bad value gives a finding with its column and record, and no line repeats the value."""
    rows = data_rows()
    place = row_of_kind(rows, kind, covered=kind == COVERED)
    rows[place][column] = value
    findings = findings_of(write_rows(tmp_path / "extract.csv", rows))
    assert (code, column, (place + 2,)) in {(f.code, f.column, f.records) for f in findings}
    assert not [finding for finding in findings if value in finding.line() or value in repr(finding)]


@pytest.mark.parametrize("column", [column.name for column in CATALOGUE.columns if column.required])
def test_a_required_column_is_never_blank(tmp_path: Path, column: str) -> None:
    """A blank in a required column is found."""
    rows = data_rows()
    rows[4][column] = ""
    findings = findings_of(write_rows(tmp_path / "extract.csv", rows))
    assert (REQUIRED, column, (6,)) in {(f.code, f.column, f.records) for f in findings}


def test_the_data_as_given_have_no_findings(tmp_path: Path) -> None:
    """The committed cut passes, also with its columns in another order."""
    rows = data_rows()
    turned = [{name: row[name] for name in reversed(NAMES)} for row in rows]
    assert findings_of(write_rows(tmp_path / "extract.csv", turned)) == []


def test_a_duplicate_key_names_both_records(tmp_path: Path) -> None:
    """The same agent, consumer, coverage and policy twice is found at both records."""
    rows = data_rows()
    rows.append(rows[0] | {"first_name": "Somebody"})
    (finding,) = findings_of(write_rows(tmp_path / "extract.csv", rows))
    assert finding.code is FindingCode.DUPLICATE_KEY
    assert (2, len(rows) + 1) == finding.records


def test_one_consumer_may_have_two_coverages(tmp_path: Path) -> None:
    """Health and dental of one consumer are two keys."""
    rows = data_rows()
    rows.append(rows[0] | {"coverage_type": "Dental", "exchange_policy_id": "P999999999"})
    assert findings_of(write_rows(tmp_path / "extract.csv", rows)) == []


def test_many_findings_name_five_records_and_count_all(tmp_path: Path) -> None:
    """A fault in every row names the first five records and counts the rest."""
    rows = [row | {"last_change_date": "yesterday"} for row in data_rows()]
    (finding,) = findings_of(write_rows(tmp_path / "extract.csv", rows))
    assert finding.records == (2, 3, 4, 5, 6)
    assert len(rows) == finding.count
    assert f"and {len(rows) - 5} more" in finding.line()


def test_another_as_of_is_refused() -> None:
    """Rows of one Friday don't import as those of another."""
    findings = findings_of(Path(__file__).parents[1] / "data" / "extract.csv", AS_OF + timedelta(days=7))
    assert [(f.code, f.column) for f in findings] == [(FindingCode.WRONG_AS_OF, "snapshot_as_of")]


def test_one_row_of_another_week_is_refused(tmp_path: Path) -> None:
    """A single row with another as-of moment is found."""
    rows = data_rows()
    rows[9]["snapshot_as_of"] = "2026-11-13T21:00:00-08:00"
    (finding,) = findings_of(write_rows(tmp_path / "extract.csv", rows))
    assert (finding.code, finding.records) == (FindingCode.WRONG_AS_OF, (11,))


def test_an_as_of_that_is_no_cut_off_is_refused(tmp_path: Path) -> None:
    """A moment that isn't Friday 21:00 Pacific is refused even where column and option agree."""
    rows = [row | {"snapshot_as_of": "2026-11-20T20:00:00-08:00"} for row in data_rows()]
    path = write_rows(tmp_path / "extract.csv", rows)
    findings = findings_of(path, datetime(2026, 11, 21, 4, tzinfo=UTC))
    assert [finding.code for finding in findings] == [FindingCode.NO_CUTOFF]


def test_the_same_moment_in_another_zone_is_the_same(tmp_path: Path) -> None:
    """The as-of column may be written in UTC: the moment counts."""
    rows = [row | {"snapshot_as_of": "2026-11-21T05:00:00Z"} for row in data_rows()]
    assert findings_of(write_rows(tmp_path / "extract.csv", rows)) == []


@pytest.mark.parametrize(
    ("header", "code", "column"),
    [
        ([*NAMES, "favorite_color"], FindingCode.UNKNOWN_COLUMN, "favorite_color"),
        ([*NAMES, "Case Number"], FindingCode.UNKNOWN_COLUMN, "Case Number"),
        ([*NAMES, "jo@mail.example"], FindingCode.UNKNOWN_COLUMN, "header field 71"),
        ([*NAMES, ""], FindingCode.UNKNOWN_COLUMN, "header field 71"),
        ([*NAMES, "Social Security Number"], FindingCode.NEVER_EXPORT_COLUMN, "Social Security Number"),
        ([name for name in NAMES if name != "email"], FindingCode.MISSING_COLUMN, "email"),
        ([*NAMES, "email"], FindingCode.REPEATED_COLUMN, "email"),
        ([*NAMES, "ssn"], FindingCode.NEVER_EXPORT_COLUMN, "ssn"),
        ([*NAMES, "immigration_status"], FindingCode.NEVER_EXPORT_COLUMN, "immigration_status"),
    ],
)
def test_a_wrong_header_is_named(header: list[str], code: FindingCode, column: str) -> None:
    """An unknown, missing, repeated or never-export column is found by its name."""
    assert [(code, column)] == [(f.code, f.column) for f in check_header(header, CATALOGUE, shipped_list())]


def test_a_file_without_header_shows_no_value(tmp_path: Path) -> None:
    """Where the first record is a row of data, its values are named by place only."""
    rows = data_rows()
    path = tmp_path / "extract.csv"
    write_rows(path, rows)
    path.write_bytes(path.read_bytes().split(b"\r\n", 1)[1])
    text = "\n".join(finding.line() for finding in findings_of(path))
    assert "header field 2:" in text
    assert not [value for value in rows[0].values() if len(value) > 3 and value in text.split()]


def test_a_header_without_rows_is_refused(tmp_path: Path) -> None:
    """An extract without rows is no extract."""
    path = tmp_path / "extract.csv"
    path.write_text(",".join(NAMES) + "\n")
    assert [finding.code for finding in findings_of(path)] == [FindingCode.NO_ROWS]


def test_every_code_has_a_meaning() -> None:
    """Each reason for refusal is explained in words."""
    assert set(FindingCode) == set(MEANING)


@pytest.mark.parametrize("text", ["2026-11-20", "2026-11-20T21:00:00", "20261120T210000-0800", "soon"])
def test_a_moment_needs_its_offset(text: str) -> None:
    """Only RFC 3339 with an offset is a moment."""
    with pytest.raises(ValueError, match=r"YYYY-MM-DD"):
        parse_moment(text)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    column=st.sampled_from([c.name for c in CATALOGUE.columns if c.type != "text"]),
    noise=st.text(alphabet=st.sampled_from("Qq7é;. \t%"), min_size=5, max_size=12),
)
def test_noise_in_a_typed_column_never_passes(tmp_path: Path, column: str, noise: str) -> None:
    """Whatever noise stands in a column with a type, it is found and not repeated."""
    rows = data_rows()[:30]
    rows[3][column] = "ZZ" + noise
    findings = findings_of(write_rows(tmp_path / "extract.csv", rows))
    assert column in {finding.column for finding in findings}
    assert not [finding for finding in findings if "ZZ" + noise in finding.line()]
