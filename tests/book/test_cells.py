"""A cell says what the value said, as its own type, and never more."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import from_excel
from openpyxl.utils.escape import unescape

from book.cells import MAX_CHARACTERS, Place, Stretch, column_cells, column_letters, escape_text, text_cell
from book.errors import BookError
from runtime.clock import PACIFIC

PLACE = Place(column="plan_name", row=7)
MONEY = pa.decimal128(9, 2)
MOMENT = pa.timestamp("us", tz="UTC")
NASTY = st.text(
    st.one_of(
        st.sampled_from("_x0041F\r\n\t\x00\x01\x1f\x7f\ufffe\uffff=+-@'\"&<>;\u202e\u05d0\U0001f600 "),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=40,
)


def _cells(values: list[Any], kind: pa.DataType) -> list[str]:
    column = pa.chunked_array([pa.array(values, kind)])
    return column_cells(Stretch(letters="C", name="some_column", first_row=2, values=column))


def _number(cell: str) -> str:
    found = re.search(r"<v>(.*)</v>", cell)
    assert found is not None
    return found[1]


@given(text=NASTY)
def test_any_text_comes_back_through_xml_and_unescaping(text: str) -> None:
    """Control characters, look-alike escapes, line ends, scripts: a reader gets the same text."""
    element = ET.fromstring(f"<t>{escape_text(text, PLACE)}</t>")  # noqa: S314  made a line above

    assert text == unescape(element.text or "")


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("plain", "plain"),
        ("_x0041_", "_x005F_x0041_"),
        ("_x0041_x0042_", "_x005F_x0041_x005F_x0042_"),
        ("_x0041\x01", "_x005F_x0041_x0001_"),
        ("_x00", "_x00"),
        ("a\r\nb\tc", "a_x000D_\nb\tc"),
        ("\x00", "_x0000_"),
        ("\x0b\x1f\ufffe", "_x000B__x001F__xFFFE_"),
        ("<&>", "&lt;&amp;&gt;"),
    ],
)
def test_escapes_are_those_of_the_format(text: str, escaped: str) -> None:
    """What XML forbids, and what looks like an escape, is written as `_xHHHH_`; nothing else is."""
    assert escaped == escape_text(text, PLACE)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\x00", "=cmd|' /C calc'!A0"])
def test_a_formulas_start_is_text(start: str) -> None:
    """Whatever a text starts with, the cell is an inline string and holds no formula."""
    cell = text_cell("A", f"{start}1+1", PLACE)

    assert 't="inlineStr"' in cell
    assert "<f" not in cell


def test_padding_is_kept() -> None:
    """White space around a text is part of it."""
    assert '<t xml:space="preserve">  padded  </t>' in text_cell("A", "  padded  ", PLACE)


@pytest.mark.parametrize("text", ["x" * (MAX_CHARACTERS + 1), "😀" * 16_384])
def test_a_text_too_long_names_its_place_and_not_itself(text: str) -> None:
    """Excel counts UTF-16 units; one too many is an error at row and column, without the value."""
    with pytest.raises(BookError) as raised:
        text_cell("A", text, PLACE)

    assert str(raised.value).startswith("row 7, column plan_name: ")
    assert text[0] not in str(raised.value).removeprefix("row 7, column plan_name: the text")


@pytest.mark.parametrize("text", ["x" * MAX_CHARACTERS, "😀" * 16_383 + "x", "\x01" * MAX_CHARACTERS])
def test_a_text_just_short_enough_is_written(text: str) -> None:
    """The limit counts characters, not their escapes."""
    assert text_cell("A", text, PLACE)


def test_half_a_character_names_its_place() -> None:
    """A lone surrogate can't be written in UTF-8 and would be lost."""
    with pytest.raises(BookError, match="row 7, column plan_name: the text holds half of a character"):
        text_cell("A", "x\ud800", PLACE)


@pytest.mark.parametrize("kind", [pa.string(), pa.date32(), MOMENT, MONEY, pa.int32(), pa.bool_()])
def test_a_blank_makes_no_cell(kind: pa.DataType) -> None:
    """Not applicable or not provided is blank, whatever the type."""
    assert _cells([None, None], kind) == ["", ""]


def test_an_empty_text_makes_no_cell() -> None:
    """An empty text is blank too."""
    assert _cells(["", "x"], pa.string())[0] == ""


def test_cells_carry_their_references() -> None:
    """A value's cell names its column and row, blanks before it or not."""
    assert [cell[:9] for cell in _cells([None, "x", "y"], pa.string())] == ["", '<c r="C3"', '<c r="C4"']


@given(day=st.dates(min_value=date(1900, 3, 1)))
def test_a_date_is_the_serial_number_of_its_day(day: date) -> None:
    """Every day from 1900-03-01 on comes back from its number."""
    assert datetime(day.year, day.month, day.day) == from_excel(int(_number(_cells([day], pa.date32())[0])))  # noqa: DTZ001  Excel knows no time zones


@pytest.mark.parametrize("day", [date(1900, 2, 28), date(1900, 1, 1), date(1, 1, 1)])
def test_a_date_that_excel_can_not_count_is_iso_text(day: date) -> None:
    """Programs disagree about days before 1900-03-01, so the day is written in words and kept."""
    assert f">{day.isoformat()}</t>" in _cells([day], pa.date32())[0]


def test_a_date_of_no_calendar_is_an_error() -> None:
    """A number of days beyond the year 9999 names its place."""
    column = pa.chunked_array([pa.array([0, 3_000_000], pa.int32()).cast(pa.date32())])

    with pytest.raises(BookError, match="row 3, column birth"):
        column_cells(Stretch(letters="A", name="birth", first_row=2, values=column))


@given(
    moment=st.datetimes(min_value=datetime(1901, 1, 1), max_value=datetime(9999, 1, 1)).map(  # noqa: DTZ001  made aware in the next line
        lambda naive: naive.replace(tzinfo=UTC)
    )
)
def test_a_moment_is_pacific_wall_time(moment: datetime) -> None:
    """A moment comes back as the clock in California showed it, to the millisecond."""
    wall = moment.astimezone(PACIFIC).replace(tzinfo=None)
    read = from_excel(float(_number(_cells([moment], MOMENT)[0])))

    assert isinstance(read, datetime)
    assert abs(read - wall) <= timedelta(milliseconds=1)


def test_the_cut_off_is_friday_nine_in_the_evening() -> None:
    """In winter and in summer the cut-off's cell shows 21:00."""
    cells = _cells([datetime(2026, 11, 21, 5, tzinfo=UTC), datetime(2026, 7, 4, 4, tzinfo=UTC)], MOMENT)

    assert [_number(cell) for cell in cells] == ["46346.875", "46206.875"]


@pytest.mark.parametrize(
    ("value", "kind", "written"),
    [
        (Decimal("584.75"), MONEY, "584.75"),
        (Decimal("0.00"), MONEY, "0.00"),
        (Decimal("999999.99"), MONEY, "999999.99"),
        (2, pa.int32(), "2"),
        (True, pa.bool_(), "1"),
        (False, pa.bool_(), "0"),
    ],
)
def test_numbers_and_booleans_are_written_exactly(value: Any, kind: pa.DataType, written: str) -> None:
    """Money keeps its two digits, a boolean is a boolean's number."""
    cell = _cells([value], kind)[0]

    assert _number(cell) == written
    assert ('t="b"' in cell) == (kind == pa.bool_())


def test_an_unknown_type_is_an_error() -> None:
    """A type that no catalogue has is refused rather than guessed."""
    with pytest.raises(BookError, match="column some_column"):
        _cells([b"x"], pa.binary())


def test_columns_are_named_as_in_a_sheet() -> None:
    """A to Z, then AA, as openpyxl counts from 1."""
    assert [get_column_letter(n + 1) for n in range(1000)] == [column_letters(n) for n in range(1000)]
