"""The in-memory writer of sheet XML: rows of consumers under a header, and sheets of words.

Laws:
1. Nothing touches a disk: XML leaves here as pieces of bytes, each valid until the next is asked for.
2. Cells are made by `cells.py`, and rows of consumers by the kernel's twin of it where there is one
   (`rows.py`); every cell carries its reference (`r=`), which some of the
   programs that agents feed their books to need.
3. No hidden row, column or sheet, no comment, no formula: there is no code here to write one.
4. Elements stand in the order that the format's schema asks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from xml.sax.saxutils import escape

import pyarrow as pa

from book.cells import Place, column_letters, text_cell
from book.native.kernel import Kernel
from book.rows import Piece, write_rows
from book.skeleton import Style
from policies.columns import Column, ColumnType

_MIN_WIDTH = 9
_MAX_WIDTH = 40
_FILTER_BUTTON = 4
_WIDTH_OF_TYPE = {
    ColumnType.DATE: 12,
    ColumnType.DATETIME: 20,
    ColumnType.MONEY: 12,
    ColumnType.INT: 9,
    ColumnType.BOOL: 9,
}
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
)
_TABLE = '<tableParts count="1"><tablePart r:id="rId1"/></tableParts>'
# Words fit a page's width; seventy columns of rows would be too small to read, and go on
# over pages under a repeated header.
_LINE_HEIGHT = 15
_FITTED = '<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
_ROWS_PAGE = '<pageSetup paperSize="1" orientation="landscape"/>'
_WORDS_PAGE = '<pageSetup paperSize="1" orientation="portrait" fitToHeight="0"/>'
_HANDLING = "Confidential personal information: handle it as the sheet Notice says"


@dataclass(frozen=True, kw_only=True)
class Footer:
    """What is printed under every page: how to handle it, and the export's id to trace paper by too."""

    export: str

    def xml(self) -> str:
        """Write the element; in this format an ampersand starts a code, so one is doubled."""
        text = f"&LSealed Book, export {self.export.replace('&', '&&')}\n{_HANDLING}&RPage &P of &N"
        return f"<headerFooter><oddFooter>{escape(text)}</oddFooter></headerFooter>"


def _widths(widths: Sequence[int]) -> str:
    columns = "".join(
        f'<col min="{number}" max="{number}" width="{width}" customWidth="1"/>'
        for number, width in enumerate(widths, 1)
    )
    return f"<cols>{columns}</cols>"


def _view(*, selected: bool) -> str:
    tab = ' tabSelected="1"' if selected else ""
    return (
        f'<sheetViews><sheetView{tab} workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        '<selection pane="bottomLeft" activeCell="A2" sqref="A2"/></sheetView></sheetViews>'
        '<sheetFormatPr defaultRowHeight="15"/>'
    )


def _page(footer: Footer, setup: str) -> str:
    margins = '<pageMargins left="0.5" right="0.5" top="0.5" bottom="0.75" header="0.3" footer="0.3"/>'
    return f"{margins}{setup}{footer.xml()}"


def _width(column: Column, longest: int) -> int:
    """Choose a width in characters: by type, or by the longest text among the first rows."""
    width = _WIDTH_OF_TYPE.get(column.type) or max(_MIN_WIDTH, min(longest + 2, _MAX_WIDTH))
    return max(width, len(column.label) + _FILTER_BUTTON)


@cache
def _header(columns: tuple[tuple[str, str], ...]) -> str:
    """Write the header's cells, once for all books that have these names and labels."""
    return "".join(
        text_cell(column_letters(place), label, Place(column=name, row=1), Style.HEADER)
        for place, (name, label) in enumerate(columns)
    )


def data_range(columns: int, rows: int) -> str:
    """Name the cells from the header to the last row: `A1:BR151`."""
    return f"A1:{column_letters(columns - 1)}{rows + 1}"


def table_range(columns: int, rows: int) -> str:
    """Name the cells of a table: the header's and the rows', of which Excel wants one at least."""
    return data_range(columns, max(1, rows))


def rows_sheet(
    columns: Sequence[Column],
    data: pa.Table,
    footer: Footer,
    *,
    longest: Sequence[int],
    selected: bool,
    kernel: Kernel | None,
) -> Iterator[Piece]:
    """Write the sheet of consumers: one row each under a frozen header, as a table.

    Without a `kernel` the rows are written in Python, to the same bytes. `longest` are the characters of
    each column's longest text, which make its width. `data` has the columns in
    order; BookError names the place of a value that can't be written. Rows in messages are the sheet's
    own, the header being row 1.
    """
    cells = data_range(len(columns), data.num_rows)
    widths = _widths([_width(*pair) for pair in zip(columns, longest, strict=True)])
    yield f'{_HEAD}<dimension ref="{cells}"/>{_view(selected=selected)}{widths}'.encode()
    header = _header(tuple((column.name, column.label) for column in columns))
    yield f'<sheetData><row r="1">{header}</row>'.encode()
    yield from write_rows(columns, data, first_row=2, kernel=kernel)
    yield (
        f"</sheetData>{_page(footer, _ROWS_PAGE)}"
        f'<ignoredErrors><ignoredError sqref="{cells}" numberStoredAsText="1"/></ignoredErrors>'
        f"{_TABLE}</worksheet>"
    ).encode()


def _lines(words: Sequence[str], widths: Sequence[int]) -> int:
    """Return how many lines a row of wrapped words needs; not every program works it out itself."""
    lines = 1
    for text, width in zip(words, widths, strict=False):
        if len(text) > width > 0:
            lines = max(lines, -(-len(text) // width))
    return lines


@dataclass(frozen=True, kw_only=True)
class WordsSheet:
    """A sheet of words, all but its end: what stands before the rows, and each row, the header first.

    A row lacks its end, so that a number may follow its words in the column `beside`.
    """

    head: str
    rows: tuple[str, ...]
    beside: str

    def under(self, footer: Footer, counts: Sequence[int] = ()) -> bytes:
        """Return the whole sheet, to be printed over this footer; each of `counts` follows a row's words."""
        cells = [
            f'<c r="{self.beside}{row}" s="{Style.COUNT}"><v>{count}</v></c>'
            for row, count in enumerate(counts, 2)
        ]
        beside = ["", *cells, *[""] * (len(self.rows) - 1 - len(cells))]
        rows = "".join(f"{words}{count}</row>" for words, count in zip(self.rows, beside, strict=True))
        return f"{self.head}{rows}</sheetData>{_page(footer, _WORDS_PAGE)}</worksheet>".encode()


def words_sheet(header: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int]) -> WordsSheet:
    """Write a sheet of words under a header; the first column names what the others say.

    `rows` may be shorter than the header, whose last column is then for counts.
    """
    letters = [column_letters(place) for place in range(len(header))]
    head_styles = [Style.HEADER] * len(header)
    row_styles = [Style.NAME] + [Style.WORDS] * (len(header) - 1)
    dimension = f'<dimension ref="{data_range(len(header), len(rows))}"/>'
    head = f"{_HEAD}{_FITTED}{dimension}{_view(selected=False)}{_widths(widths)}<sheetData>"
    written = []
    for number, words in enumerate([header, *rows], 1):
        cells = "".join(
            text_cell(letter, text, Place(column=name, row=number), style)
            for letter, name, text, style in zip(
                letters, header, words, head_styles if number == 1 else row_styles, strict=False
            )
        )
        height = _LINE_HEIGHT * _lines(words, widths)
        written.append(f'<row r="{number}" ht="{height}" customHeight="1">{cells}')
    return WordsSheet(head=head, rows=tuple(written), beside=letters[-1])
