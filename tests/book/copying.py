"""Copies of a book as people make them: saved as CSV, shuffled, cut, their dates in another form."""

from __future__ import annotations

import csv
import io
import random
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from openpyxl import Workbook

from book.fingerprints import Fingerprinter
from policies.table import PermittedTable
from tests.book.makers import the_catalogue
from tests.book.readers import load, sheet, values

PRINTER = Fingerprinter(b"k" * 32, the_catalogue())
Rows = list[list[Any]]


def rows_of(clear: bytes) -> Rows:
    """Return what stands on the sheet of rows, its header first."""
    return values(sheet(load(clear), "Book of Business"))


def as_csv(rows: Rows, separator: str = ",", encoding: str = "utf-8") -> bytes:
    """Save as CSV as an office in the United States does: dates m/d/yyyy, booleans in capitals."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator)
    writer.writerows([[_as_text(value) for value in row] for row in rows])
    return out.getvalue().encode(encoding)


def as_workbook(rows: Rows, above: int = 0) -> bytes:
    """Save as another program's workbook, with some lines of its own above the header."""
    book = Workbook()
    worksheet = book.active
    assert worksheet is not None
    title: Rows = [["My list"]]
    for row in title * above + rows:
        worksheet.append([_escaped(value) if isinstance(value, str) else value for value in row])
    for cells in worksheet.iter_rows():
        for cell in cells:
            if cell.data_type == "f":
                # What looks like a formula to openpyxl is a text here, as it is in a book.
                cell.data_type = "s"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def shuffled(rows: Rows) -> Rows:
    """Return the rows in another order, and the columns too."""
    rng = random.Random(5)
    order = rng.sample(range(len(rows[0])), len(rows[0]))
    body = rng.sample(rows[1:], len(rows) - 1)
    return [[row[place] for place in order] for row in [rows[0], *body]]


def without(rows: Rows, dropped: Callable[[str], bool]) -> Rows:
    """Return the rows without the columns of some headers."""
    kept = [place for place, label in enumerate(rows[0]) if not dropped(str(label))]
    return [[row[place] for place in kept] for row in rows]


def _escaped(text: str) -> str:
    """Escape what only looks like an escape, which Excel does and openpyxl doesn't."""
    return re.sub("_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text)


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime):
        day = f"{value.month}/{value.day}/{value.year}"
        return day if value.time() == datetime.min.time() else f"{day} {value:%H:%M}"
    return str(value)


def prints_of(table: PermittedTable) -> bytes:
    """Return a table's fingerprints as they are kept."""
    return PRINTER.of_table(table).encode()
