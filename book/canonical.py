"""One value, one text: what a cell says, however a program wrote it down.

A copy of a book comes back sorted, filtered, saved as CSV, its dates in another form and its numbers as
text. Fingerprints of rows are made over these texts, so that they come out the same.

Laws:
1. A permitted table's typed values and the same values read out of a copy give the same text.
2. Dates are ISO, money has two digits, whole numbers are digits, booleans `true` and `false`; of free
   text letter case, white space, leading zeros of mere digits and Unicode's compatible forms don't count.
3. What can't be read as its column's type is taken as text; nothing here raises for a value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from policies.columns import ColumnType

_EXCEL_EPOCH = date(1899, 12, 30)
_CENTURY_TURNS = 30
"""Excel reads a year of two digits as 2000 to 2029, and otherwise as 1930 to 1999."""
_ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?")
_US_DATE = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})(?: .*)?")
_SERIAL = re.compile(r"[0-9]{1,7}")
_AS_FORMULA = re.compile(r'="(.*)"', re.DOTALL)
_WHOLE = re.compile(r"(\d+)\.0+")
_MOST_PLACES = 12
_MOST_DIGITS = 40
_BOOLEANS = {"true": "true", "1": "true", "yes": "true", "false": "false", "0": "false", "no": "false"}


def fold(texts: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    """Return texts without what programs and people change when they save them again; null is empty."""
    folded = pc.utf8_normalize(texts.fill_null(""), "NFKC")
    folded = pc.utf8_trim_whitespace(pc.replace_substring_regex(pc.utf8_lower(folded), r"\s+", " "))
    return pc.replace_substring_regex(folded, r"^0+(\d+)$", r"\1")


def typed_texts(kind: ColumnType, values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a permitted table's column as texts, blanks as empty ones."""
    return fold(values) if kind is ColumnType.TEXT else values.cast(pa.string()).fill_null("")


def read_texts(kind: ColumnType, values: Sequence[Any]) -> pa.Array:
    """Return a column of a copy as texts: values as a reader of workbooks gives them, or a CSV's texts."""
    read = _READ.get(kind)
    texts = [_text(value) for value in values]
    if kind is ColumnType.TEXT:
        return fold(pa.array(texts, pa.string()))
    if read is None:
        return pa.array([text.strip() for text in texts], pa.string())
    known = [read(value, text) for value, text in zip(values, texts, strict=True)]
    unread = [text if one is None else "" for one, text in zip(known, texts, strict=True)]
    folded = fold(pa.array(unread, pa.string())).to_pylist()
    return pa.array(
        [other if one is None else one for one, other in zip(known, folded, strict=True)], pa.string()
    )


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = str(value).encode("utf-8", "replace").decode()
    if found := _AS_FORMULA.fullmatch(text):
        text = found[1]
    found = _WHOLE.fullmatch(text.strip())
    return found[1] if found else text


def _read_date(value: Any, text: str) -> str | None:
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    try:
        day = _day(text.strip())
    except (ValueError, OverflowError):
        return None
    return None if day is None else day.isoformat()


def _day(text: str) -> date | None:
    if found := _ISO_DATE.fullmatch(text):
        return date(int(found[1]), int(found[2]), int(found[3]))
    if found := _US_DATE.fullmatch(text):
        return date(_year(found[3]), int(found[1]), int(found[2]))
    if _SERIAL.fullmatch(text):
        return _EXCEL_EPOCH + timedelta(days=int(text))
    return None


def _year(digits: str) -> int:
    year = int(digits)
    if len(digits) > len("99"):
        return year
    return year + (2000 if year < _CENTURY_TURNS else 1900)


def _number(text: str) -> Decimal | None:
    bare = text.strip().replace("$", "").replace(",", "").replace("\u00a0", "")
    try:
        number = Decimal(bare) if len(bare) <= _MOST_DIGITS else None
    except InvalidOperation:
        return None
    is_usual = number is not None and number.is_finite() and number.adjusted() < _MOST_PLACES
    return number if is_usual else None


def _read_money(_value: Any, text: str) -> str | None:
    number = _number(text)
    return None if number is None else f"{number.quantize(Decimal('0.01')):f}"


def _read_int(_value: Any, text: str) -> str | None:
    number = _number(text)
    return str(int(number)) if number is not None and number == number.to_integral_value() else None


def _read_bool(_value: Any, text: str) -> str | None:
    return _BOOLEANS.get(text.strip().lower())


_READ = {
    ColumnType.DATE: _read_date,
    ColumnType.MONEY: _read_money,
    ColumnType.INT: _read_int,
    ColumnType.BOOL: _read_bool,
}
