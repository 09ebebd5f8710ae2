"""The only place that makes a cell: one typed value becomes one piece of sheet XML.

Laws:
1. No formula, ever: there is no way to ask for one. Text that starts with `=`, `+`, `-`, `@`, a
   tab or NUL is an inline string like any other (OWASP ASVS 1.2.10).
2. What comes back from a reader that honours the format's escapes is what went in: characters
   that XML 1.0 forbids and carriage returns become `_xHHHH_`, and a text that only looks like
   such an escape has its underscore escaped (ECMA-376 part 1, 22.9.2.19 ST_Xstring).
3. Dates are serial numbers with a date's style, money and whole numbers are numbers, booleans
   booleans. A blank value makes no cell.
4. Excel has no days before 1900-03-01 that other programs agree on (it counts a 29 February 1900
   that never was), so an earlier date is written as ISO text: it stays visible and exact.
5. A text is marked to keep its spaces (`xml:space`) unless it begins and ends with a visible ASCII
   character, so that no program trims it.
6. What would be lost is a BookError that names row and column, never the value: text over 32,767
   characters (UTF-16 units, as Excel counts), lone surrogates.

Moments are written in Pacific time, the clock of cut-off and agents; Excel knows no time zones.
The kernel (`book/native`) writes the same bytes, faster; what is right is said here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from xml.sax.saxutils import escape as escape_markup

import pyarrow as pa
import pyarrow.compute as pc

from book.errors import BookError
from book.skeleton import Style
from runtime.clock import PACIFIC

MAX_CHARACTERS = 32_767
EPOCH_SERIAL = 25_569
"""Excel's day number of 1970-01-01."""
FIRST_SERIAL = 61
"""1900-03-01, the first day on which all programs agree."""
LAST_SERIAL = 2_958_465
"""9999-12-31, Excel's last day."""
MICROSECONDS_PER_DAY = 86_400_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()

_FORBIDDEN = "\\x00-\\x08\\x0b-\\x1f\ufffe\uffff"
_NEEDS_ESCAPE = re.compile(f"[{_FORBIDDEN}]|_(?=x[0-9A-Fa-f]{{4}}[_{_FORBIDDEN}])")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPECIAL = re.compile(f"[&<>_{_FORBIDDEN}\ud800-\udfff]")
_FIRST_VISIBLE, _LAST_VISIBLE = "!", "~"


class Place(NamedTuple):
    """Where a value stands, for messages: the column's name and the row in the sheet.

    A tuple, since one is made for every text and a dataclass takes four times as long.
    """

    column: str
    row: int

    def __str__(self) -> str:
        return f"row {self.row}, column {self.column}"


def _escape_character(found: re.Match[str]) -> str:
    return f"_x{ord(found[0]):04X}_"


def escape_text(text: str, place: Place) -> str:
    """Write a text as the inside of a `<t>` element; BookError names the place (laws 2 and 6)."""
    if len(text) * 2 > MAX_CHARACTERS and _utf16_units(text) > MAX_CHARACTERS:
        raise BookError(f"{place}: the text is longer than a cell's {MAX_CHARACTERS} characters")
    if not _SPECIAL.search(text):
        return text
    if _SURROGATE.search(text):
        raise BookError(f"{place}: the text holds half of a character")
    return escape_markup(_NEEDS_ESCAPE.sub(_escape_character, text))


def _utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def column_letters(number: int) -> str:
    """Name a column as a sheet does, from 0: A, B, ..., Z, AA."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def text_cell(letters: str, text: str, place: Place, style: Style = Style.TEXT) -> str:
    """Write one text; an empty one makes no cell."""
    return f'<c r="{letters}{place.row}{_text_tail(text, place, style)}' if text else ""


def _text_tail(text: str, place: Place, style: Style) -> str:
    """Write what follows a text cell's reference."""
    visible = _FIRST_VISIBLE <= text[0] <= _LAST_VISIBLE and _FIRST_VISIBLE <= text[-1] <= _LAST_VISIBLE
    space = "" if visible else ' xml:space="preserve"'
    return f'" s="{style}" t="inlineStr"><is><t{space}>{escape_text(text, place)}</t></is></c>'


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """One column's values of consecutive rows; `first_row` is the sheet's row of the first one."""

    letters: str
    name: str
    first_row: int
    values: pa.ChunkedArray

    def place(self, row: int) -> Place:
        """Name a row of this column."""
        return Place(column=self.name, row=row)


def _text_cells(stretch: Stretch) -> list[str]:
    letters, name = stretch.letters, stretch.name
    return [
        text_cell(letters, text, Place(column=name, row=row)) if text else ""
        for row, text in enumerate(_texts(stretch), stretch.first_row)
    ]


def _texts(stretch: Stretch) -> list[str | None]:
    try:
        texts: list[str | None] = stretch.values.to_pylist()
    except UnicodeDecodeError:
        for row, value in enumerate(stretch.values, stretch.first_row):
            try:
                value.as_py()
            except UnicodeDecodeError:
                raise BookError(f"{stretch.place(row)}: the text is not UTF-8") from None
        raise
    return texts


def _number_cells(stretch: Stretch, numbers: Sequence[str | None], style: Style) -> list[str]:
    head, middle = f'<c r="{stretch.letters}', f'" s="{style}"><v>'
    return [
        "" if number is None else f"{head}{row}{middle}{number}</v></c>"
        for row, number in enumerate(numbers, stretch.first_row)
    ]


def _int_cells(stretch: Stretch) -> list[str]:
    return _number_cells(stretch, stretch.values.cast(pa.string()).to_pylist(), Style.INT)


def _money_cells(stretch: Stretch) -> list[str]:
    return _number_cells(stretch, stretch.values.cast(pa.string()).to_pylist(), Style.MONEY)


def _bool_cells(stretch: Stretch) -> list[str]:
    letters = stretch.letters
    return [
        "" if value is None else f'<c r="{letters}{row}" t="b"><v>{value:d}</v></c>'
        for row, value in enumerate(stretch.values.to_pylist(), stretch.first_row)
    ]


def _date_cell(stretch: Stretch, row: int, days: int) -> str:
    serial = days + EPOCH_SERIAL
    if FIRST_SERIAL <= serial <= LAST_SERIAL:
        return f'<c r="{stretch.letters}{row}" s="{Style.DATE}"><v>{serial}</v></c>'
    try:
        text = date.fromordinal(days + _EPOCH_ORDINAL).isoformat()
    except (ValueError, OverflowError):
        raise BookError(f"{stretch.place(row)}: the date lies outside the years 1 to 9999") from None
    return text_cell(stretch.letters, text, stretch.place(row))


def _date_cells(stretch: Stretch) -> list[str]:
    return [
        "" if days is None else _date_cell(stretch, row, days)
        for row, days in enumerate(stretch.values.cast(pa.int32()).to_pylist(), stretch.first_row)
    ]


def _moment_tail(microseconds: int, stretch: Stretch) -> str | None:
    """Write what follows a moment's reference; None outside the years 1 to 9999."""
    try:
        moment = (_EPOCH + timedelta(microseconds=microseconds)).astimezone(PACIFIC)
    except OverflowError:
        return None
    days = moment.toordinal() - _EPOCH_ORDINAL + EPOCH_SERIAL
    if days < FIRST_SERIAL:
        return _text_tail(moment.isoformat(), stretch.place(stretch.first_row), Style.TEXT)
    since_midnight = moment.replace(tzinfo=None) - datetime.combine(moment.date(), datetime.min.time())
    serial = days + (since_midnight / timedelta(microseconds=1)) / MICROSECONDS_PER_DAY
    return f'" s="{Style.MOMENT}"><v>{serial!r}</v></c>'


def _moment_cells(stretch: Stretch) -> list[str]:
    coded = coded_moments(stretch)
    letters, tails = stretch.letters, coded.dictionary.to_pylist()
    return [
        "" if code is None else f'<c r="{letters}{row}{tails[code]}'
        for row, code in enumerate(coded.indices.to_pylist(), stretch.first_row)
    ]


def coded_moments(stretch: Stretch) -> pa.DictionaryArray:
    """Write each distinct moment once: codes (int32) in row order, and what follows a reference.

    A book has few moments and many rows; BookError names the first row of one that can't be written.
    """
    coded = stretch.values.cast(pa.int64()).combine_chunks().dictionary_encode()
    tails = [_moment_tail(moment, stretch) for moment in coded.dictionary.to_pylist()]
    if None in tails:
        row = stretch.first_row + pc.index(coded.indices, tails.index(None)).as_py()
        raise BookError(f"{stretch.place(row)}: the moment lies outside the years 1 to 9999")
    return pa.DictionaryArray.from_arrays(coded.indices, pa.array(tails, pa.string()))


_CELLS_OF: dict[pa.DataType, Callable[[Stretch], list[str]]] = {
    pa.string(): _text_cells,
    pa.date32(): _date_cells,
    pa.timestamp("us", tz="UTC"): _moment_cells,
    pa.decimal128(9, 2): _money_cells,
    pa.int32(): _int_cells,
    pa.bool_(): _bool_cells,
}
"""How each Arrow type of a permitted table is written."""


def column_cells(stretch: Stretch) -> list[str]:
    """Write one column's cells, one string a row, empty where the value is blank.

    BookError when a value can't be written (naming its place) or the column's type is unknown.
    """
    make = _CELLS_OF.get(stretch.values.type)
    if make is None:
        raise BookError(f"column {stretch.name}: values of this type can't be written")
    return make(stretch)
