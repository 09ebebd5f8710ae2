"""What every workbook has in common: styles and theme, built by openpyxl once per process.

Law: openpyxl never sees a consumer's value, nor an agent's name. It writes the sheets of a
workbook through temporary files in both its modes, so here it only makes the style sheet, in
memory; sheets and properties are written by our own code.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cache

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.styles.stylesheet import write_stylesheet
from openpyxl.writer.theme import theme_xml
from openpyxl.xml.functions import tostring


class Style(IntEnum):
    """A cell's style: its number is the place of the format in `styles.xml`."""

    PLAIN = 0
    HEADER = 1
    TEXT = 2
    DATE = 3
    MOMENT = 4
    MONEY = 5
    INT = 6
    NAME = 7
    WORDS = 8
    COUNT = 9


# As an office in the United States reads them; what a cell holds is a number all the same.
_NUMBER_FORMAT = {
    Style.TEXT: "@",
    Style.DATE: "m/d/yyyy",
    Style.MOMENT: "m/d/yyyy h:mm AM/PM",
    Style.MONEY: '"$"#,##0.00',
    Style.INT: "0",
    Style.NAME: "@",
    Style.WORDS: "@",
    Style.COUNT: "#,##0",
}
_FONT_ORDER = ("b", "i", "strike", "condense", "extend", "outline", "shadow", "u", "vertAlign", "sz",
               "color", "name", "family", "charset", "scheme")  # fmt: skip
"""Office's order of a font's parts; openpyxl writes another, which strict readers refuse."""


@dataclass(frozen=True, kw_only=True)
class Skeleton:
    """Parts of the package that no book changes."""

    styles: bytes
    theme: bytes


@cache
def skeleton() -> Skeleton:
    """Build the styles that `Style` numbers, and Office's usual theme."""
    workbook = Workbook()
    sheet = workbook.active
    if sheet is None:
        raise RuntimeError("openpyxl made a workbook without a sheet")
    for style in Style:
        cell = sheet.cell(row=1, column=style + 1)
        if style in _NUMBER_FORMAT:
            cell.number_format = _NUMBER_FORMAT[style]
        if style is Style.HEADER:
            cell.font = Font(name="Calibri", size=11, bold=True, color="FFFFFFFF", family=2, scheme="minor")
            cell.fill = PatternFill("solid", start_color="FF1F4E5F")
            cell.alignment = Alignment(vertical="center")
            cell.border = Border(bottom=Side(style="thin", color="FF0F2730"))
        if style is Style.NAME:
            cell.font = Font(name="Calibri", size=11, bold=True, family=2, scheme="minor")
            cell.alignment = Alignment(vertical="top", wrap_text=True)
        if style is Style.COUNT:
            cell.alignment = Alignment(vertical="top")
        if style is Style.WORDS:
            cell.alignment = Alignment(vertical="top", wrap_text=True)
        if cell.style_id != style:
            raise RuntimeError("openpyxl numbers the styles in another order")
    tree = write_stylesheet(workbook)
    for font in tree.iter("font"):
        font[:] = sorted(font, key=lambda part: _FONT_ORDER.index(part.tag))
    declaration = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    return Skeleton(styles=declaration + tostring(tree), theme=theme_xml.encode())
