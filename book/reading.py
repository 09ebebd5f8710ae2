"""What a reader sees of an opened book, by a reader that isn't ours: sheets, headers, row counts.

Laws:
1. No value of a row comes out of here, so that what calls it can show all that it returns.
2. Nothing is written anywhere: openpyxl reads from memory, row by row.
3. What the workbook claims to hold is compared with limits before any of it is unpacked.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from itertools import islice
from typing import Any

from openpyxl import load_workbook

from book.copies import MAX_ROWS
from book.errors import BookError, SealBrokenError
from book.packages import DAMAGES, check_package


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One sheet: its name, the texts of its first row, and how many rows stand below that."""

    name: str
    columns: tuple[str, ...]
    rows: int


def read_book(clear: bytes) -> tuple[Sheet, ...]:
    """Return the sheets of an opened book in their order; SealBrokenError when it is no workbook."""
    try:
        check_package(clear)
        book = load_workbook(io.BytesIO(clear), read_only=True, keep_links=False)
        return tuple(_read_sheet(sheet) for sheet in book.worksheets)
    except (BookError, *DAMAGES):
        raise SealBrokenError("the opened book is not a workbook") from None


def _read_sheet(sheet: Any) -> Sheet:
    # A file may claim any size for a sheet; what is there is counted.
    sheet.reset_dimensions()
    rows = sheet.iter_rows(values_only=True)
    header = next(rows, ())
    count = sum(1 for _ in islice(rows, MAX_ROWS + 1))
    if count > MAX_ROWS:
        raise SealBrokenError("a sheet has more rows than a workbook can")
    return Sheet(
        name=sheet.title,
        columns=tuple(str(value) for value in header if value is not None),
        rows=count,
    )
