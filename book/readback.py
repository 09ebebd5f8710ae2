"""What a finished workbook says of itself, read out of its own bytes.

Laws:
1. The Notice is compared line by line with what it had to say.
2. Where rows are counted, they are counted in the sheets as they stand in the file, not in what was handed
   to the writer; each sheet is inflated once, in pieces, so that its checksum is checked too. Nothing is
   kept of the rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from book.archive_reader import ArchiveReader
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

_SHEETS = re.compile("<sheets>(.*)</sheets>.*</workbook>", re.DOTALL)
_SHEET = re.compile('<sheet name="([^"<]*)" sheetId="[0-9]+" r:id="rId[0-9]+"/>')
_ROWS = re.compile("<sheetData>(.*)</sheetData>.*</worksheet>", re.DOTALL)
_WORDS_ROW = re.compile('<row r="[0-9]+"[^<>]*>((?:<c [^<>]*><is><t[^<>]*>[^<>]*</t></is></c>)*)</row>')
_WORDS = re.compile("<t[^<>]*>([^<>]*)</t>")
_ENTITY = re.compile("&(amp|lt|gt|quot|#10|#13|#9);")
_CHARACTERS = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "#10": "\n", "#13": "\r", "#9": "\t"}
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_ROW = b"<row r="


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


def read_text(text: str) -> str:
    """Undo XML's entities, then the format's escapes."""
    plain = _ENTITY.sub(lambda found: _CHARACTERS[found[1]], text) if "&" in text else text
    return unescape_text(plain) if "_x" in plain else plain


def _inside(archive: ArchiveReader, part: str, frame: re.Pattern[str], each: re.Pattern[str]) -> list[str]:
    """Take what stands in a part's frame apart: one after the other, with nothing else between."""
    try:
        found = frame.search(archive.read(part).decode())
    except UnicodeDecodeError:
        found = None
    inside = found[1] if found else "?"
    if each.sub("", inside):
        raise SealBrokenError("a part of the book is not in the form that it was written in")
    return each.findall(inside)


def read_sheet_names(archive: ArchiveReader) -> tuple[str, ...]:
    """Read the sheets' names in order."""
    return tuple(read_text(name) for name in _inside(archive, "xl/workbook.xml", _SHEETS, _SHEET))


def read_words(archive: ArchiveReader, part: str) -> list[tuple[str, ...]]:
    """Read a sheet of inline texts below its header; blank cells are left out."""
    rows = _inside(archive, part, _ROWS, _WORDS_ROW)
    return [tuple(read_text(text) for text in _WORDS.findall(row)) for row in rows[1:]]


def count_rows(archive: ArchiveReader, part: str) -> int:
    """Count a sheet's rows below its header, in pieces."""
    count = 0
    rest = b""
    for piece in archive.pieces(part):
        text = rest + piece
        count += text.count(_ROW)
        rest = text[-(len(_ROW) - 1) :]
    return count - 1


def check_agent(table: PermittedTable) -> None:
    """Check that every row that names an agent names the table's; SealBrokenError otherwise."""
    if AGENT_COLUMN in table.data.column_names:
        # By name: the functions of `pc` cost more around the call than the call does.
        same = pc.call_function("equal", [table.data[AGENT_COLUMN], pa.scalar(table.agent)])
        own = pc.call_function("sum", [same]).as_py() or 0
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
    archive = ArchiveReader(clear)
    if read_sheet_names(archive) != (*books, DESCRIPTION_SHEET, NOTICE_SHEET):
        raise SealBrokenError("the book does not have the sheets that it must")
    words = read_words(archive, sheet_part(len(books) + 1))
    if counting:
        rows = sum(count_rows(archive, sheet_part(place)) for place in range(len(books)))
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
