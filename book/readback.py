"""What a finished workbook says of itself, read out of its own bytes.

Laws:
1. The Notice is compared line by line with what it had to say.
2. Where rows are counted, they are counted in the sheets as they stand in the file, not in what was handed
   to the writer; each sheet is inflated once, in pieces, so that its checksum is checked too. Nothing is
   kept of the rows.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from xml.etree import ElementTree as ET

import pyarrow.compute as pc

from book.errors import SealBrokenError
from book.notice import AGENT_LICENSE, RECIPIENT_LICENSE, REQUEST_ID, Notice
from book.workbook import (
    DESCRIPTION_SHEET,
    EXCEL_ROWS,
    NOTICE_SHEET,
    notice_words,
    row_sheets,
    sheet_part,
)
from policies.table import AGENT_COLUMN, PermittedTable

_NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_ROW = b"<row r="
_PIECE = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Readback:
    """What stands in the workbook: export id, the two licences, and how many rows it has."""

    export: str
    agent: str
    recipient: str
    rows: int


def unescape_text(text: str) -> str:
    """Undo the format's `_xHHHH_` escapes, left to right."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)


def read_sheet_names(archive: zipfile.ZipFile) -> tuple[str, ...]:
    """Read the sheets' names in order."""
    root = ET.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314  a part that this house wrote
    return tuple(sheet.get("name", "") for sheet in root.iter(f"{_NS}sheet"))


def read_words(archive: zipfile.ZipFile, part: str) -> list[tuple[str, ...]]:
    """Read a sheet of inline texts below its header; blank cells are left out."""
    root = ET.fromstring(archive.read(part))  # noqa: S314  a part that this house wrote
    rows = [
        tuple(unescape_text(text.text or "") for text in row.iter(f"{_NS}t"))
        for row in root.iter(f"{_NS}row")
    ]
    return rows[1:]


def count_rows(archive: zipfile.ZipFile, part: str) -> int:
    """Count a sheet's rows below its header, in pieces."""
    count = 0
    rest = b""
    with archive.open(part) as sheet:
        while piece := sheet.read(_PIECE):
            text = rest + piece
            count += text.count(_ROW)
            rest = text[-(len(_ROW) - 1) :]
    return count - 1


def check_agent(table: PermittedTable) -> None:
    """Check that every row that names an agent names the table's; SealBrokenError otherwise."""
    if AGENT_COLUMN in table.data.column_names:
        own = pc.sum(pc.equal(table.data[AGENT_COLUMN], table.agent)).as_py() or 0
        if own != table.data.num_rows:
            raise SealBrokenError("the book holds rows of another agent")


def check_workbook(
    clear: bytes,
    table: PermittedTable,
    notice: Notice,
    *,
    sheet_rows: int = EXCEL_ROWS,
    counting: bool = True,
) -> Readback:
    """Check that a workbook is the one that table and notice call for, and say what it says.

    SealBrokenError names what does not agree; no value stands in the message. Without `counting` the
    sheets of rows are not inflated.
    """
    check_agent(table)
    books = row_sheets(table.data.num_rows, sheet_rows)
    rows = table.data.num_rows
    try:
        with zipfile.ZipFile(io.BytesIO(clear)) as archive:
            if read_sheet_names(archive) != (*books, DESCRIPTION_SHEET, NOTICE_SHEET):
                raise SealBrokenError("the book does not have the sheets that it must")
            words = read_words(archive, sheet_part(len(books) + 1))
            if counting:
                rows = sum(count_rows(archive, sheet_part(place)) for place in range(len(books)))
    except (zipfile.BadZipFile, KeyError, ET.ParseError):
        raise SealBrokenError("the book is not a workbook of ours") from None
    if words != notice_words(table, notice, sheet_rows):
        raise SealBrokenError("the Notice does not say what it must")
    if not rows == notice.rows == table.data.num_rows:
        raise SealBrokenError("the book does not have as many rows as the table")
    said = {line[0]: line[1] for line in words}
    if said[AGENT_LICENSE] != table.agent:
        raise SealBrokenError("the Notice names another agent")
    return Readback(
        export=said[REQUEST_ID], agent=said[AGENT_LICENSE], recipient=said[RECIPIENT_LICENSE], rows=rows
    )
