"""The clear workbook, read back by openpyxl: every value equal, every type right, nothing hidden."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.cell.cell import Cell

from book.errors import BookError
from book.notice import Party
from book.workbook import row_sheets, write_workbook
from policies.columns import Catalogue, ColumnType, name_of_label
from policies.table import PermittedTable
from runtime.clock import PACIFIC
from tests.book.makers import AGENT, EXPORT, a_notice, a_row, a_table, the_catalogue
from tests.book.readers import footer, load, parts, sheet, values
from tests.book.test_cells import NASTY

EXTRACT = Path(__file__).parents[1] / "data" / "extract.csv"
BOOK = "Book of Business"
NARROW = ("case_number", "agent_license_number", "last_name", "home_address", "home_zip")
READ: dict[ColumnType, Callable[[str], Any]] = {
    ColumnType.DATE: date.fromisoformat,
    ColumnType.DATETIME: lambda text: datetime.fromisoformat(text).astimezone(UTC),
    ColumnType.MONEY: Decimal,
    ColumnType.INT: int,
    ColumnType.BOOL: lambda text: text == "true",
}


def _as_read(value: Any) -> Any:
    """Turn a typed value into what a reader of a workbook must find."""
    if isinstance(value, datetime):
        return value.astimezone(PACIFIC).replace(tzinfo=None)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001  Excel knows no time zones
    if isinstance(value, Decimal):
        return float(value)
    return value


def _write(table: PermittedTable, **options: Any) -> bytes:
    return write_workbook(table, a_notice(table), the_catalogue(), **options)


def _extract_rows() -> list[dict[str, Any]]:
    """Read the shipped cut of an extract, all agents' rows as one agent's."""
    types = {column.name: column.type for column in the_catalogue().columns}
    with EXTRACT.open(encoding="utf-8", newline="") as file:
        return [
            {name: READ.get(types[name], str)(text) if text else None for name, text in row.items()}
            | {"agent_license_number": AGENT, "delegation_status": "active"}
            | {"_consumer": f"2026:{place:032x}", "_case": f"2026:{place:032x}"}
            for place, row in enumerate(csv.DictReader(file))
        ]


def test_every_value_of_the_extract_comes_back_equal_and_typed() -> None:
    """Awkward texts, leading zeros, dates, money, booleans and blanks are what went in."""
    table = a_table(_extract_rows())
    header, *rows = values(sheet(load(_write(table)), BOOK))

    expected = [[_as_read(value) for value in row.values()] for row in table.data.to_pylist()]
    assert table.data.column_names == [name_of_label(str(label)) for label in header]
    assert len(expected) > 100
    assert expected == rows
    assert [[type(value) for value in row] for row in expected] == [
        [type(value) for value in row] for row in rows
    ]


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(st.tuples(NASTY, NASTY, NASTY), min_size=1, max_size=6))
def test_nasty_text_comes_back(texts: list[tuple[str, str, str]]) -> None:
    """Formula starts, escapes, control characters, line ends, emoji, right-to-left and padding."""
    named = [dict(zip(("last_name", "home_address", "home_zip"), text, strict=True)) for text in texts]
    table = a_table([a_row(**text) for text in named], NARROW)

    _, *rows = values(sheet(load(_write(table)), BOOK))

    assert [[text or None for text in row] for row in texts] == [row[2:] for row in rows]


def test_dates_money_and_moments_carry_their_formats() -> None:
    """A date column sorts as dates and money shows two digits."""
    worksheet = sheet(load(_write(a_table())), BOOK)
    formats = {
        name_of_label(str(head.value)): cell.number_format
        for head, cell in zip(worksheet[1], worksheet[2], strict=True)
        if cell.value is not None
    }

    assert formats["date_of_birth"] == "m/d/yyyy"
    assert formats["snapshot_as_of"] == "m/d/yyyy h:mm AM/PM"
    assert formats["gross_premium"] == '"$"#,##0.00'
    assert formats["household_size"] == "0"
    assert formats["home_zip"] == "@"


def test_no_formula_comment_link_or_hidden_thing() -> None:
    """Everything in the book can be seen, and nothing in it computes."""
    workbook = load(_write(a_table([a_row(last_name="=1+1", home_address="@SUM(A1)")])))

    for worksheet in workbook.worksheets:
        cells = [cell for row in worksheet.iter_rows() for cell in row if isinstance(cell, Cell)]
        assert worksheet.sheet_state == "visible"
        assert "f" not in {cell.data_type for cell in cells}
        assert not [cell for cell in cells if cell.comment or cell.hyperlink]
        assert not [size for size in worksheet.column_dimensions.values() if size.hidden]
        assert not [size for size in worksheet.row_dimensions.values() if size.hidden]
    written = parts(_write(a_table([a_row(last_name="=1+1")])))
    assert all(re.match(r"(\[Content|_rels/|docProps/(core|app)|xl/)", name) for name in written)
    assert not [name for name in written if re.search(r"comment|vba|pivot|external|connection|custom", name)]
    assert not [name for name, part in written.items() if b"<f>" in part or b"<f " in part]


def test_header_is_styled_frozen_filterable_and_in_words() -> None:
    """The header stays in sight, is bold, and a table of Excel's own filters by it."""
    worksheet = sheet(load(_write(a_table([a_row(), a_row()]))), BOOK)
    table = worksheet.tables["BookOfBusiness"]

    assert worksheet.freeze_panes == "A2"
    assert table.ref == table.autoFilter.ref == "A1:BR3"
    assert table.headerRowCount == 1
    assert [column.label for column in the_catalogue().columns] == table.column_names
    assert worksheet.auto_filter.ref is None
    assert worksheet.print_title_rows == "$1:$1"
    assert all(cell.font.bold for cell in worksheet[1])
    assert [column.label for column in the_catalogue().columns] == [cell.value for cell in worksheet[1]]


def test_the_export_is_named_in_properties_and_footer_and_nobody_else() -> None:
    """The service is the only author; the export id stands where paper and file can be traced."""
    workbook = load(_write(a_table()))
    properties = workbook.properties

    assert (properties.creator, properties.lastModifiedBy) == ("Sealed Book", "Sealed Book")
    assert "Sealed Book" in str(properties.title)
    assert properties.identifier == EXPORT
    assert all(EXPORT in footer(worksheet) for worksheet in workbook.worksheets)


def test_the_description_has_one_row_per_column() -> None:
    """Name, meaning, kinds and class, in the book's order."""
    table = a_table(columns=NARROW)
    header, *rows = values(sheet(load(_write(table)), "Description"))

    assert header == ["Name", "Meaning", "Kinds", "Class", "Field", "Filled Cells"]
    assert [column.label for column in table.columns] == [row[0] for row in rows]
    assert [column.meaning for column in table.columns] == [row[1] for row in rows]
    assert [column.name for column in table.columns] == [row[4] for row in rows]
    assert rows[0][2] == "Covered California, Mixed Household, Medi-Cal"
    assert {"Direct identifier", "Quasi-identifier", "None"} == {row[3] for row in rows}


def test_the_description_counts_filled_cells() -> None:
    """How many rows say something, as a number; neither null nor the empty text is something."""
    rows = [a_row(home_zip=None, home_address=""), a_row(home_zip="02134", home_address="1 Elm"), a_row()]
    _, *described = values(sheet(load(_write(a_table(rows, NARROW))), "Description"))

    assert {row[4]: row[5] for row in described} == {
        "case_number": 3,
        "agent_license_number": 3,
        "last_name": 3,
        "home_address": 1,
        "home_zip": 2,
    }


def test_columns_that_the_purpose_blanks_are_told_in_the_notice() -> None:
    """A book for oversight has its Medi-Cal columns empty and says so."""
    table = a_table([a_row(medi_cal_status="active")], purpose="agency-oversight")
    workbook = load(_write(table))
    said = dict(values(sheet(workbook, "Notice")))

    assert "Medi-Cal Status" in said["Medi-Cal columns"]
    assert not [row for row in values(sheet(workbook, BOOK)) if "active" in row[60:66]]


def test_rows_beyond_the_limit_go_on_in_further_sheets() -> None:
    """Seven rows at three a sheet fill three sheets in order, and the Notice says so."""
    table = a_table([a_row(case_number=str(number)) for number in range(7)], NARROW)
    workbook = load(_write(table, sheet_rows=3))
    names = [BOOK, f"{BOOK} 2", f"{BOOK} 3"]

    assert [*names, "Description", "Notice"] == workbook.sheetnames
    found = [row[0] for name in names for row in values(sheet(workbook, name))[1:]]
    assert [str(number) for number in range(7)] == found
    tables = [table for name in names for table in sheet(workbook, name).tables.values()]
    assert [table.ref for table in tables] == ["A1:E4", "A1:E4", "A1:E2"]
    assert [table.displayName for table in tables] == ["BookOfBusiness", "BookOfBusiness2", "BookOfBusiness3"]
    assert "3 sheets" in dict(values(sheet(workbook, "Notice")))["More than one sheet"]
    assert "3 sheets" in values(sheet(workbook, "Description"))[-1][1]


@pytest.mark.parametrize(("rows", "sheets"), [(0, 1), (1, 1), (1_048_575, 1), (1_048_576, 2)])
def test_the_limit_is_excels(rows: int, sheets: int) -> None:
    """A sheet takes 1,048,575 rows under its header."""
    assert sheets == len(row_sheets(rows))


def test_an_empty_book_has_its_header() -> None:
    """An agent without consumers gets a book that says so."""
    workbook = load(_write(a_table([], NARROW)))

    assert len(values(sheet(workbook, BOOK))) == 1
    assert [table.ref for table in sheet(workbook, BOOK).tables.values()] == ["A1:E2"]
    assert dict(values(sheet(workbook, "Notice")))["Rows"] == "0"


def test_the_same_book_is_the_same_bytes() -> None:
    """Nothing of the moment, the machine or the process gets in before encryption."""
    script = (
        "import hashlib; from tests.book.test_workbook import _write; from tests.book.makers import a_table;"
        "print(hashlib.sha256(_write(a_table())).hexdigest())"
    )
    others = [
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, check=True, text=True, env=environment
        ).stdout.strip()
        for environment in ({"PYTHONHASHSEED": "1"}, {"PYTHONHASHSEED": "2", "TZ": "Asia/Tokyo"})
    ]

    assert {hashlib.sha256(_write(a_table())).hexdigest()} == set(others)


def test_no_temporary_file_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where temporary files can't be made at all, a book is written just the same."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))

    assert _write(a_table())
    assert not list(tmp_path.iterdir())


def test_a_value_that_can_not_be_written_names_its_place() -> None:
    """The second row's long address is row 3 of the sheet; the value is not told."""
    table = a_table([a_row(), a_row(home_address="Privet" * 6000)], NARROW)

    with pytest.raises(BookError, match=r"^row 3, column home_address: ") as raised:
        _write(table)
    assert "Privet" not in str(raised.value)


WRONG: dict[str, dict[str, Any]] = {
    "rows": {"rows": 2},
    "withheld": {"withheld": 1},
    "agent": {"agent": Party(name="Sandra Burke", license_number="0G96486")},
    "a blank": {"report_to": ""},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_notice_of_another_book_is_refused(wrong: str) -> None:
    """Counts and agent must be the table's, and nothing may be left out."""
    table = a_table()

    with pytest.raises(BookError):
        write_workbook(table, a_notice(table, **WRONG[wrong]), the_catalogue())


def test_a_table_of_another_catalogue_is_refused() -> None:
    """Columns that the catalogue lacks, or words otherwise, never reach a book."""
    table = a_table()
    columns = the_catalogue().columns
    fewer = Catalogue(columns=columns[1:], medi_cal_purposes=frozenset())
    otherwise = dataclasses.replace(columns[0], meaning="Something else.")
    changed = Catalogue(columns=(otherwise, *columns[1:]), medi_cal_purposes=frozenset())

    for catalogue in (fewer, changed):
        with pytest.raises(BookError, match="catalogue"):
            write_workbook(table, a_notice(table), catalogue)
    with pytest.raises(BookError, match="data"):
        _write(dataclasses.replace(table, columns=table.columns[1:]))
