"""The clear workbook: a permitted table and its Notice become the bytes of an xlsx, in memory.

Laws:
1. Only a PermittedTable goes in, whose columns are the catalogue's own.
2. The same table, notice and catalogue give the same bytes: fixed timestamps, fixed order.
3. Rows beyond a sheet's limit go on in a second sheet; Notice and Description say so; none is lost.
4. Nothing touches a disk: rows are written and deflated piece by piece, in memory.

Sheets: Book of Business (and its continuations), Description, Notice.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache, lru_cache

from book.archive import Archive, Pressed, press
from book.errors import BookError
from book.measuring import all_filled, measure
from book.native.kernel import kernel_or_none
from book.notice import HEADER as NOTICE_HEADER
from book.notice import MORE_THAN_ONE_SHEET, Notice, notice_lines, on_sheets
from book.notice import WIDTHS as NOTICE_WIDTHS
from book.parts import TableOf, small_parts
from book.sheet import Footer, WordsSheet, rows_sheet, table_range, words_sheet
from book.skeleton import skeleton
from policies.columns import Catalogue, CatalogueError, Kind, PiiClass
from policies.table import PermittedTable

BOOK_SHEET = "Book of Business"
DESCRIPTION_SHEET = "Description"
NOTICE_SHEET = "Notice"
EXCEL_ROWS = 1_048_575
"""Rows of one sheet under its header."""

_DESCRIPTION_HEADER = ("Name", "Meaning", "Kinds", "Class", "Field", "Filled Cells")
_DESCRIPTION_WIDTHS = (30, 80, 46, 20, 30, 14)
_COMMON = frozenset(
    {
        "[Content_Types].xml", "_rels/.rels", "docProps/app.xml", "xl/workbook.xml",
        "xl/_rels/workbook.xml.rels", "xl/worksheets/_rels/sheet1.xml.rels",
    }
)  # fmt: skip
"""Parts that say nothing of their book but how many sheets it has."""
_CLASS_IN_WORDS = {
    PiiClass.DIRECT: "Direct identifier",
    PiiClass.QUASI: "Quasi-identifier",
    PiiClass.SENSITIVE: "Sensitive",
    PiiClass.NONE: "None",
}


def row_sheets(rows: int, sheet_rows: int = EXCEL_ROWS) -> tuple[str, ...]:
    """Name the sheets that hold `rows` rows: one for an empty book, too."""
    count = max(1, -(-rows // sheet_rows))
    return (BOOK_SHEET, *(f"{BOOK_SHEET} {number}" for number in range(2, count + 1)))


def notice_words(
    table: PermittedTable, notice: Notice, sheet_rows: int = EXCEL_ROWS
) -> list[tuple[str, str]]:
    """Write the Notice's lines for this table; what a read-back must find again."""
    blanked = tuple(column.label for column in table.columns if column.name in table.blanked)
    return notice_lines(notice, blanked=blanked, sheets=row_sheets(table.data.num_rows, sheet_rows))


@cache
def _description(
    facts: tuple[tuple[str, str, Collection[Kind], PiiClass, str], ...], sheets: tuple[str, ...]
) -> WordsSheet:
    """Write all of the sheet but the counts, once for all books that have these columns."""
    rows = [
        (label, meaning, ", ".join(kind.value for kind in Kind if kind in kinds), _CLASS_IN_WORDS[pii], name)
        for label, meaning, kinds, pii, name in facts
    ]
    more = [(MORE_THAN_ONE_SHEET, on_sheets(sheets))] if len(sheets) > 1 else []
    return words_sheet(_DESCRIPTION_HEADER, [*rows, *more], _DESCRIPTION_WIDTHS)


def _check(table: PermittedTable, notice: Notice, catalogue: Catalogue) -> None:
    try:
        known = all(
            catalogue.column(column.name) is column or catalogue.column(column.name) == column
            for column in table.columns
        )
    except CatalogueError:
        known = False
    if not known or not table.columns:
        raise BookError("the table's columns are not those of the catalogue")
    if [column.name for column in table.columns] != table.data.column_names:
        raise BookError("the table's data do not have its columns")
    if notice.rows != table.data.num_rows or notice.withheld != table.withheld:
        raise BookError("the notice does not count what the table holds and withholds")
    if notice.agent.license_number != table.agent:
        raise BookError("the notice names another agent than the table")


@cache
def _pressed_skeleton() -> dict[str, Pressed]:
    """Deflate what no book changes, once per process."""
    common = skeleton()
    return {"xl/styles.xml": press([common.styles]), "xl/theme/theme1.xml": press([common.theme])}


@lru_cache(maxsize=32)
def _pressed_text(xml: str) -> Pressed:
    """Deflate what only the number of sheets decides, once for all books that have as many."""
    return press([xml.encode()])


def write_workbook(
    table: PermittedTable,
    notice: Notice,
    catalogue: Catalogue,
    *,
    sheet_rows: int = EXCEL_ROWS,
    pure: bool = False,
) -> bytes:
    """Write the xlsx of one book.

    BookError when table, notice and catalogue disagree, or when a value can't be written without
    loss (the message names row and column). `sheet_rows` is the format's limit; tests lower it.
    `pure` leaves the kernel out, to the same sheets.
    """
    _check(table, notice, catalogue)
    said = notice_words(table, notice, sheet_rows)
    if not all(words for _, words in said):
        raise BookError("the notice leaves something blank")
    data = table.data
    kernel = None if pure else kernel_or_none()
    footer = Footer(export=notice.request_id)
    books = row_sheets(data.num_rows, sheet_rows)
    names = (*books, DESCRIPTION_SHEET, NOTICE_SHEET)
    parts = [data.slice(place * sheet_rows, sheet_rows) for place in range(len(books))]
    labels = tuple(column.label for column in table.columns)
    tables = [
        TableOf(place=place, cells=table_range(len(labels), part.num_rows), labels=labels)
        for place, part in enumerate(parts)
    ]
    archive = Archive()
    small = small_parts(names, tables, export=notice.request_id, moment=notice.as_of)
    for name, xml in small.items():
        archive.add(name, _pressed_text(xml) if name in _COMMON else press([xml.encode()]))
    for name, pressed in _pressed_skeleton().items():
        archive.add(name, pressed)
    measured = [measure(part, kernel) for part in parts]
    for place, (part, measures) in enumerate(zip(parts, measured, strict=True)):
        rows = rows_sheet(
            table.columns, part, footer, longest=measures.longest, selected=place == 0, kernel=kernel
        )
        archive.add(sheet_part(place), press(rows))
    words = words_sheet(NOTICE_HEADER, said, NOTICE_WIDTHS)
    description = _description(
        tuple((each.label, each.meaning, each.kinds, each.pii_class, each.name) for each in table.columns),
        books,
    )
    archive.add(sheet_part(len(books)), press([description.under(footer, all_filled(measured))]))
    archive.add(sheet_part(len(books) + 1), press([words.under(footer)]))
    return archive.finish()


def sheet_part(place: int) -> str:
    """Name the part of the sheet at `place`, counted from 0."""
    return f"xl/worksheets/sheet{place + 1}.xml"
