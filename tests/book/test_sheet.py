"""Sheet XML: elements in the schema's order, sensible widths, and a footer that prints as written."""

from __future__ import annotations

import re

from book.measuring import measure
from book.rows import ROWS_AT_A_TIME
from book.sheet import Footer, data_range, rows_sheet, words_sheet
from tests.book.makers import a_row, a_table

FOOTER = Footer(export="an-export")
ORDER = ["sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData",
         "pageMargins", "pageSetup", "headerFooter", "ignoredErrors", "tableParts"]  # fmt: skip


def _rows(columns: list[str], *rows: dict[str, str]) -> str:
    table = a_table([a_row(**row) for row in rows], columns)
    longest = measure(table.data, None).longest
    return b"".join(
        rows_sheet(table.columns, table.data, FOOTER, longest=longest, selected=True, kernel=None)
    ).decode()


def _widths(xml: str) -> list[int]:
    return [int(width) for width in re.findall(r'width="(\d+)"', xml)]


def test_elements_stand_in_the_schemas_order() -> None:
    """Office repairs, or refuses, a sheet whose elements are in another order."""
    xml = _rows(["last_name"], {})
    words = words_sheet(["Name"], [["x"]], [20]).under(FOOTER).decode()

    for sheet in (xml, words):
        there = [name for name in ORDER if f"<{name}" in sheet]
        assert there == sorted(there, key=lambda name: sheet.index(f"<{name}"))
    assert {name for name in ORDER if f"<{name}" not in xml} == {"sheetPr"}
    assert "<tableParts" not in words


def test_rows_print_over_pages_and_words_fit_one() -> None:
    """Seventy columns squeezed onto one page's width would be too small to read."""
    assert "fitToPage" not in _rows(["last_name"], {})
    assert 'fitToPage="1"' in words_sheet(["Name"], [["x"]], [20]).under(FOOTER).decode()


def test_widths_fit_header_and_text_within_bounds() -> None:
    """A short text leaves room for the header and its filter button, a long one stops at forty."""
    short, long = (_widths(_rows(["home_address"], {"home_address": "x" * size})) for size in (3, 300))

    assert [len("Home Address") + 4] == short
    assert long == [40]


def test_a_row_of_words_is_as_high_as_its_lines() -> None:
    """Wrapped words never lie over the next row, whatever program opens the sheet."""
    words = words_sheet(["Name", "Words"], [["x", "y" * 50], ["x", ""]], [20, 20]).under(FOOTER).decode()

    assert ["15", "45", "15"] == re.findall(r' ht="(\d+)"', words)


def test_an_ampersand_in_the_footer_is_doubled() -> None:
    """A single one would start a code of the footer's own language."""
    assert "export a&amp;&amp;b\n" in Footer(export="a&b").xml()


def test_the_footer_says_how_to_handle_paper() -> None:
    """Within the 255 characters that the format has for it."""
    footer = Footer(export="0b6ab0b2-52a6-4b3e-9d7b-6c7f3a1a9a11").xml()

    assert "Confidential" in footer
    assert len(footer) < 255


def test_row_numbers_run_on_over_the_pieces() -> None:
    """A sheet longer than one piece numbers its rows without gap or repetition."""
    count = ROWS_AT_A_TIME + 2
    numbers = re.findall(r'<row r="(\d+)">', _rows(["last_name"], *[{}] * count))

    assert [str(number) for number in range(1, count + 2)] == numbers


def test_a_range_names_its_corners() -> None:
    """Seventy columns end at BR; the header is row 1."""
    assert data_range(70, 150) == "A1:BR151"
