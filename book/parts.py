"""The small XML parts around the sheets: content types, relations, workbook, tables, properties.

Law: nothing here depends on the moment or the machine. The properties name the service as author
and the export, never a person; their dates are the data's moment.

A sheet of rows is a table of Excel's own (ECMA-376 part 1, 18.5): its filter belongs to the table, and
the texts of its columns are those of the header's cells, or Excel would repair the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from xml.sax.saxutils import escape, quoteattr

AUTHOR = "Sealed Book"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006"
_SHEET_ML = "application/vnd.openxmlformats-officedocument.spreadsheetml"


@dataclass(frozen=True, kw_only=True)
class TableOf:
    """The table on one sheet: its place among the sheets from 0, its cells (`A1:BR151`), its headers."""

    place: int
    cells: str
    labels: tuple[str, ...]

    @property
    def number(self) -> int:
        """Its number in the book, from 1; rows stand on the first sheets."""
        return self.place + 1

    @property
    def part(self) -> str:
        """Name its part."""
        return f"xl/tables/table{self.number}.xml"


def _content_types(sheets: int, tables: int) -> str:
    types = {
        "/xl/workbook.xml": f"{_SHEET_ML}.sheet.main+xml",
        "/xl/styles.xml": f"{_SHEET_ML}.styles+xml",
        "/xl/theme/theme1.xml": "application/vnd.openxmlformats-officedocument.theme+xml",
        "/docProps/core.xml": "application/vnd.openxmlformats-package.core-properties+xml",
        "/docProps/app.xml": "application/vnd.openxmlformats-officedocument.extended-properties+xml",
    }
    types |= {
        f"/xl/worksheets/sheet{number}.xml": f"{_SHEET_ML}.worksheet+xml" for number in range(1, sheets + 1)
    }
    types |= {f"/xl/tables/table{number}.xml": f"{_SHEET_ML}.table+xml" for number in range(1, tables + 1)}
    overrides = "".join(f'<Override PartName="{part}" ContentType="{kind}"/>' for part, kind in types.items())
    return (
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )


def _relations(targets: Sequence[tuple[str, str]]) -> str:
    relations = "".join(
        f'<Relationship Id="rId{number}" Type="{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{relations}</Relationships>'


def _workbook(names: Sequence[str], tables: Sequence[TableOf]) -> str:
    sheets = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{number}" r:id="rId{number}"/>'
        for number, name in enumerate(names, 1)
    )
    defined = "".join(
        f'<definedName name="_xlnm.Print_Titles" localSheetId="{table.place}">'
        f"'{escape(names[table.place])}'!$1:$1</definedName>"
        for table in tables
    )
    return (
        f'{_XML}<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
        f'xmlns:r="{_DOCUMENT}/relationships"><workbookPr/>'
        '<bookViews><workbookView activeTab="0"/></bookViews>'
        f"<sheets>{sheets}</sheets><definedNames>{defined}</definedNames></workbook>"
    )


@cache
def _table_columns(labels: tuple[str, ...]) -> str:
    columns = "".join(
        f'<tableColumn id="{number}" name={quoteattr(label)}/>' for number, label in enumerate(labels, 1)
    )
    return f'<tableColumns count="{len(labels)}">{columns}</tableColumns>'


def _table(table: TableOf) -> str:
    name = f"BookOfBusiness{table.number if table.place else ''}"
    return (
        f'{_XML}<table xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
        f'id="{table.number}" name="{name}" displayName="{name}" ref="{table.cells}" totalsRowShown="0">'
        f'<autoFilter ref="{table.cells}"/>{_table_columns(table.labels)}'
        '<tableStyleInfo name="TableStyleLight1" showFirstColumn="0" showLastColumn="0" '
        'showRowStripes="1" showColumnStripes="0"/></table>'
    )


def _core(export: str, moment: datetime) -> str:
    when = f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return (
        f'{_XML}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{AUTHOR}: Book of Business</dc:title><dc:subject>Export {escape(export)}</dc:subject>"
        f"<dc:creator>{AUTHOR}</dc:creator><cp:lastModifiedBy>{AUTHOR}</cp:lastModifiedBy>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{when}</dcterms:created>'
        f'<dcterms:modified xsi:type="dcterms:W3CDTF">{when}</dcterms:modified>'
        f"<dc:identifier>{escape(export)}</dc:identifier></cp:coreProperties>"
    )


def _app() -> str:
    return (
        f'{_XML}<Properties xmlns="{_DOCUMENT}/extended-properties">'
        f"<Application>{AUTHOR}</Application></Properties>"
    )


def small_parts(
    names: Sequence[str], tables: Sequence[TableOf], *, export: str, moment: datetime
) -> dict[str, str]:
    """Write every part but sheets, styles and theme, by its name in the package.

    `names` are the sheets' in order; `tables` stand on the first of them, one each.
    """
    sheets = [
        (f"{_DOCUMENT}/relationships/worksheet", f"worksheets/sheet{i}.xml") for i in range(1, len(names) + 1)
    ]
    parts = {
        "[Content_Types].xml": _content_types(len(names), len(tables)),
        "_rels/.rels": _relations(
            [
                (f"{_DOCUMENT}/relationships/officeDocument", "xl/workbook.xml"),
                (f"{_PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml"),
                (f"{_DOCUMENT}/relationships/extended-properties", "docProps/app.xml"),
            ]
        ),
        "docProps/core.xml": _core(export, moment),
        "docProps/app.xml": _app(),
        "xl/workbook.xml": _workbook(names, tables),
        "xl/_rels/workbook.xml.rels": _relations(
            [
                *sheets,
                (f"{_DOCUMENT}/relationships/styles", "styles.xml"),
                (f"{_DOCUMENT}/relationships/theme", "theme/theme1.xml"),
            ]
        ),
    }
    for table in tables:
        place = [(f"{_DOCUMENT}/relationships/table", f"../tables/table{table.number}.xml")]
        parts[f"xl/worksheets/_rels/sheet{table.number}.xml.rels"] = _relations(place)
        parts[table.part] = _table(table)
    return parts
