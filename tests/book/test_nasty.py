"""Nasty values and the format's limits, through both writers and two readers.

What went in comes back, or an error names row and column without the value.
"""

from __future__ import annotations

import io
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pytest
from python_calamine import CalamineWorkbook

from book.errors import BookError
from book.native.kernel import KernelMissingError, load_kernel
from book.rows import write_rows
from book.workbook import EXCEL_ROWS, write_workbook
from policies.table import PermittedTable
from tests.book.makers import a_notice, a_row, a_table, the_catalogue
from tests.book.readers import load, sheet, values

BOOK = "Book of Business"
LONG = 32_767
SURVIVING = {
    "control characters": "".join(map(chr, range(0x20))),
    "NUL": "\x00",
    "characters that XML forbids": "a\x0b\x0c\x1f\ufffe\uffffz",
    "a look-alike escape": "_x0041_",
    "look-alikes in a row": "_x005F_x0041_x000D__x_x0041",
    "half a look-alike before a real one": "_x0041\x01",
    "CR LF": "one\r\ntwo\rthree\nfour\r\n",
    "tab at both ends": "\ttext\t",
    "spaces at both ends": "   text   ",
    "nothing but spaces": "   ",
    "a no-break space at its end": "text\u00a0",
    "fifteen digits": "123456789012345",
    "more digits than a number holds": "12345678901234567890",
    "leading zeros": "000123",
    "a number with an exponent": "1E5",
    "what Excel takes for a date": "1/2",
    "what Excel takes for a boolean": "TRUE",
    "an error's name": "#REF!",
    "right to left": "\u05e9\u05dc\u05d5\u05dd \u202e12\u202c",
    "Arabic": "\u0645\u0631\u062d\u0628\u0627",
    "emoji": "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f600",
    "combining marks": "Zoe\u0308 n\u0303\u0301\u0302",
    "composed and decomposed": "\u00e9e\u0301",
    "beyond the basic plane": "\U00020000\U0010ffff",
    "markup": "<b>&amp;</b>]]>",
    "quotes": "\"'`",
    "a formula": "=1+1",
    "a command": "=cmd|' /C calc'!A0",
    "a plus": "+1",
    "a minus": "-1",
    "an at": "@SUM(A1)",
    "a tab before a formula": "\t=1+1",
    "a NUL before a formula": "\x00=1+1",
    "a full-width formula": "\uff1d1+1",
    "as long as may be": "x" * LONG,
    "as long as may be, escaped": "\x01" * LONG,
    "as long as may be, in pairs": "\U0001f600" * (LONG // 2) + "x",
}
TOO_EARLY = (date(1, 1, 1), date(1899, 12, 31), date(1900, 1, 1), date(1900, 2, 28))
LATEST = (date(1900, 3, 1), date(9999, 12, 31))


@pytest.fixture(name="pure", params=[True, False], ids=["in Python", "by the kernel"])
def _pure(request: pytest.FixtureRequest) -> bool:
    """Which writer."""
    if not request.param:
        try:
            load_kernel()
        except KernelMissingError as error:
            pytest.skip(f"no native kernel: {error}")
    return bool(request.param)


def _write(table: PermittedTable, *, pure: bool, **options: Any) -> bytes:
    return write_workbook(table, a_notice(table), the_catalogue(), pure=pure, **options)


def _by_openpyxl(clear: bytes) -> list[list[Any]]:
    return values(sheet(load(clear), BOOK))


def _by_calamine(clear: bytes, name: str = BOOK) -> list[list[Any]]:
    rows: list[list[Any]] = (
        CalamineWorkbook.from_filelike(io.BytesIO(clear)).get_sheet_by_name(name).to_python()
    )
    # It undoes every escape but those of the two characters that are none in Unicode.
    return [[_of_none(value) if isinstance(value, str) else value for value in row] for row in rows]


def _of_none(text: str) -> str:
    return text.replace("_xFFFE_", "\ufffe").replace("_xFFFF_", "\uffff")


def test_nasty_texts_come_back_the_same(pure: bool) -> None:
    """Character by character, in each of a row's free texts, to both readers."""
    names = ("last_name", "home_address", "plan_name")
    table = a_table([a_row(**dict.fromkeys(names, text)) for text in SURVIVING.values()])
    clear = _write(table, pure=pure)
    places = [table.data.column_names.index(name) for name in names]

    for rows in (_by_openpyxl(clear), _by_calamine(clear)):
        for (what, text), row in zip(SURVIVING.items(), rows[1:], strict=True):
            assert [text] * 3 == [row[place] for place in places], what


def test_early_dates_come_back_as_iso_text(pure: bool) -> None:
    """Before 1900-03-01 programs disagree about a serial number's day; from then on it is a date."""
    table = a_table([a_row(date_of_birth=day) for day in (*TOO_EARLY, *LATEST)])
    clear = _write(table, pure=pure)
    place = table.data.column_names.index("date_of_birth")
    late = [datetime(day.year, day.month, day.day) for day in LATEST]  # noqa: DTZ001  Excel knows no zones

    expected = [*(day.isoformat() for day in TOO_EARLY), *late]
    assert expected == [row[place] for row in _by_openpyxl(clear)[1:]]
    read = [row[place] for row in _by_calamine(clear)[1:]]
    assert expected[:4] == read[:4]
    assert list(LATEST) == [day.date() if isinstance(day, datetime) else day for day in read[4:]]


UNWRITABLE: dict[str, tuple[pa.Array, str]] = {
    "too long": (pa.array(["ok", "Privet" * 5_462]), "longer"),
    "too long in pairs": (pa.array(["ok", "\U0001f600" * 16_384]), "longer"),
    "a lone surrogate": (pa.array([b"ok", b"Privet\xed\xa0\x80"]).view(pa.string()), "not UTF-8"),
    "cut UTF-8": (pa.array([b"ok", b"Privet\xf0\x9f"]).view(pa.string()), "not UTF-8"),
    "a day after the last": (pa.array([0, 2_932_897], pa.int32()).cast(pa.date32()), "outside"),
    "a day before the first": (pa.array([0, -719_163], pa.int32()).cast(pa.date32()), "outside"),
}


@pytest.mark.parametrize("what", UNWRITABLE)
def test_what_would_be_lost_is_an_error_at_its_place(pure: bool, what: str) -> None:
    """Row and column of the sheet, and nothing of the value."""
    array, words = UNWRITABLE[what]
    column = the_catalogue().column("last_name")

    with pytest.raises(BookError, match=f"^row 3, column last_name: .*{words}") as raised:
        list(
            write_rows(
                [column],
                pa.table({"last_name": array}),
                first_row=2,
                kernel=None if pure else load_kernel(),
            )
        )
    assert "Privet" not in str(raised.value)


def test_rows_beyond_a_sheet_go_on_in_the_next(pure: bool) -> None:
    """At a lowered limit, to both readers; Notice and Description say so."""
    names = ("case_number", "agent_license_number")
    table = a_table([a_row(case_number=str(number)) for number in range(25)], names)
    clear = _write(table, pure=pure, sheet_rows=12)

    found = [str(row[0]) for part in ("", " 2", " 3") for row in _by_calamine(clear, f"{BOOK}{part}")[1:]]
    assert [str(number) for number in range(25)] == found
    for name in ("Notice", "Description"):
        words = [str(value) for row in values(sheet(load(clear), name)) for value in row]
        assert any("3 sheets" in text and f"{BOOK} 2" in text for text in words)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_a_book_of_more_rows_than_excel_has_goes_on(pure: bool) -> None:
    """At Excel's own limit: 1,048,576 rows are one more than a sheet takes under its header."""
    names = ("agent_license_number", "household_size")
    one = a_table(None, names)
    count = EXCEL_ROWS + 1
    data = pa.table(
        {
            "agent_license_number": pa.array([one.agent]).take(pa.array([0] * count)),
            "household_size": pa.array(range(count), pa.int32()),
        }
    ).select(one.data.column_names)
    table = PermittedTable(**{**vars(one), "data": data})
    clear = _write(table, pure=pure)
    place = one.data.column_names.index("household_size")

    first, second = _by_calamine(clear), _by_calamine(clear, f"{BOOK} 2")
    assert (EXCEL_ROWS + 1, 2) == (len(first), len(second))
    assert [0, EXCEL_ROWS - 1, EXCEL_ROWS] == [first[1][place], first[-1][place], second[1][place]]
