"""What a reader sees of an opened book, by a reader that isn't ours: sheets, headers, row counts.

Law: no value of a row comes out of here, so that what calls it can show all that it returns.
Nothing is written anywhere: openpyxl reads from memory.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from book.errors import SealBrokenError


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One sheet: its name, the texts of its first row, and how many rows stand below that."""

    name: str
    columns: tuple[str, ...]
    rows: int


def read_book(clear: bytes) -> tuple[Sheet, ...]:
    """Return the sheets of an opened book in their order; SealBrokenError when it is no workbook."""
    try:
        book = load_workbook(io.BytesIO(clear))
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError):
        raise SealBrokenError("the opened book is not a workbook") from None
    return tuple(
        Sheet(
            name=sheet.title,
            columns=tuple(str(cell.value) for cell in sheet[1] if cell.value is not None),
            rows=sheet.max_row - 1,
        )
        for sheet in book.worksheets
    )
