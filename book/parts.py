"""The small XML parts around the sheets: content types, relations, workbook, properties.

Law: nothing here depends on the moment or the machine. The properties name the service as author
and the export, never a person; their dates are the data's moment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

AUTHOR = "Sealed Book"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006"
_SHEET_ML = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def _content_types(sheets: int) -> str:
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


def _workbook(names: Sequence[str], filters: Mapping[int, str]) -> str:
    sheets = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{number}" r:id="rId{number}"/>'
        for number, name in enumerate(names, 1)
    )
    defined = "".join(
        f'<definedName name="_xlnm._FilterDatabase" localSheetId="{place}" hidden="1">'
        f"'{escape(names[place])}'!{_absolute(cells)}</definedName>"
        for place, cells in filters.items()
    )
    defined += "".join(
        f'<definedName name="_xlnm.Print_Titles" localSheetId="{place}">'
        f"'{escape(names[place])}'!$1:$1</definedName>"
        for place in filters
    )
    return (
        f'{_XML}<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
        f'xmlns:r="{_DOCUMENT}/relationships"><workbookPr/>'
        '<bookViews><workbookView activeTab="0"/></bookViews>'
        f"<sheets>{sheets}</sheets><definedNames>{defined}</definedNames></workbook>"
    )


def _absolute(cells: str) -> str:
    """Turn `A1:BR151` into `$A$1:$BR$151`."""
    return ":".join(
        f"${corner.rstrip('0123456789')}${corner.lstrip('ABCDEFGHIJKLMNOPQRSTUVWXYZ')}"
        for corner in cells.split(":")
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
    names: Sequence[str], filters: Mapping[int, str], *, export: str, moment: datetime
) -> dict[str, str]:
    """Write every part but sheets, styles and theme, by its name in the package.

    `names` are the sheets' in order; `filters` maps the places of filterable sheets to their cells.
    """
    sheets = [
        (f"{_DOCUMENT}/relationships/worksheet", f"worksheets/sheet{i}.xml") for i in range(1, len(names) + 1)
    ]
    return {
        "[Content_Types].xml": _content_types(len(names)),
        "_rels/.rels": _relations(
            [
                (f"{_DOCUMENT}/relationships/officeDocument", "xl/workbook.xml"),
                (f"{_PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml"),
                (f"{_DOCUMENT}/relationships/extended-properties", "docProps/app.xml"),
            ]
        ),
        "docProps/core.xml": _core(export, moment),
        "docProps/app.xml": _app(),
        "xl/workbook.xml": _workbook(names, filters),
        "xl/_rels/workbook.xml.rels": _relations(
            [
                *sheets,
                (f"{_DOCUMENT}/relationships/styles", "styles.xml"),
                (f"{_DOCUMENT}/relationships/theme", "theme/theme1.xml"),
            ]
        ),
    }
