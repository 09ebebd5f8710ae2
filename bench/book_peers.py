"""The peers: what others use to write a protected workbook, each over msoffcrypto-tool.

Each writes one sheet with the same values typed the same: real dates and moments, numbers, booleans, texts.
None writes a Notice or a Description, and none opens what it sealed. Values come to each in the form that
it takes; making that form is counted, as it is for ours.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import jetxl
import msoffcrypto
import openpyxl
import pyarrow as pa
import rustpy_xlsxwriter
import xlsxwriter

PASSPHRASE: Final = "abcd-efgh-jkmn-pqrs"  # noqa: S105 - seals bench data only
_SHEET: Final = "Book of Business"
_DATE: Final = "yyyy-mm-dd"


def _plain(data: pa.Table) -> pa.Table:
    """Put moments into wall time: none of the peers takes a time zone."""
    for place, field in enumerate(data.schema):
        if pa.types.is_timestamp(field.type):
            data = data.set_column(place, field.name, data[field.name].cast(pa.timestamp("us")))
    return data


def _rows(data: pa.Table) -> list[tuple[Any, ...]]:
    lists = [
        [float(value) if isinstance(value, Decimal) else value for value in column.to_pylist()]
        for column in _plain(data).columns
    ]
    return list(zip(*lists, strict=True))


def write_openpyxl(data: pa.Table) -> bytes:
    """Write by openpyxl's write-only mode."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(_SHEET)
    sheet.freeze_panes = "A2"
    sheet.append(data.column_names)
    for row in _rows(data):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def write_xlsxwriter(data: pa.Table) -> bytes:
    """Write by XlsxWriter, each value by the call of its type."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet(_SHEET)
        sheet.freeze_panes(1, 0)
        day = book.add_format({"num_format": _DATE})
        for column, name in enumerate(data.column_names):
            sheet.write_string(0, column, name)
        writers: dict[type, Callable[[int, int, Any], Any]] = {
            str: sheet.write_string,
            int: sheet.write_number,
            float: sheet.write_number,
            bool: sheet.write_boolean,
            date: lambda row, column, value: sheet.write_datetime(row, column, value, day),
            datetime: lambda row, column, value: sheet.write_datetime(row, column, value, day),
        }
        for number, row in enumerate(_rows(data), 1):
            for column, value in enumerate(row):
                if value is not None:
                    writers[type(value)](number, column, value)
    return out.getvalue()


def write_rustpy(data: pa.Table) -> bytes:
    """Write by rustpy-xlsxwriter, in Rust, from dictionaries."""
    names = data.column_names
    records = [dict(zip(names, row, strict=True)) for row in _rows(data)]
    out = io.BytesIO()
    rustpy_xlsxwriter.write_worksheet(records, out, sheet_name=_SHEET, freeze_row=1, autofilter=True)
    return out.getvalue()


def write_jetxl(data: pa.Table) -> bytes:
    """Write by jetxl, in Rust, from Arrow; it takes money as floating point."""
    data = _plain(data)
    for place, field in enumerate(data.schema):
        if pa.types.is_decimal(field.type):
            data = data.set_column(place, field.name, data[field.name].cast(pa.float64()))
    made: bytes = jetxl.write_sheet_arrow_to_bytes(
        data, sheet_name=_SHEET, auto_filter=True, freeze_rows=1, styled_headers=True
    )
    return made


WRITERS: Final[dict[str, Callable[[pa.Table], bytes]]] = {
    "openpyxl": write_openpyxl,
    "XlsxWriter": write_xlsxwriter,
    "rustpy-xlsxwriter": write_rustpy,
    "jetxl": write_jetxl,
}


def protect(clear: bytes) -> bytes:
    """Seal by msoffcrypto-tool."""
    out = io.BytesIO()
    msoffcrypto.OfficeFile(io.BytesIO(clear)).encrypt(PASSPHRASE, out)
    return out.getvalue()


def build(name: str, data: pa.Table) -> bytes:
    """Write and seal one book by a peer."""
    return protect(WRITERS[name](data))
