"""The small parts name what is in the package, escaped, and nothing of a person."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from book.parts import TableOf, small_parts

MOMENT = datetime(2026, 11, 21, 5, tzinfo=UTC)
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
TABLE = TableOf(place=0, cells="A1:B3", labels=("Case & Number", "Last <Name>"))


def test_every_part_is_xml_and_every_sheet_is_declared() -> None:
    """Content types and relations speak of each sheet once, whatever stands in names."""
    parts = small_parts(["A & <B>", "Notice"], [TABLE], export="a&b", moment=MOMENT)

    for xml in parts.values():
        ET.fromstring(xml)  # noqa: S314  made two lines above
    for sheet in ("sheet1.xml", "sheet2.xml"):
        assert parts["[Content_Types].xml"].count(sheet) == 1
        assert parts["xl/_rels/workbook.xml.rels"].count(sheet) == 1
    assert "sheet3.xml" not in parts["[Content_Types].xml"]


def test_the_repeated_header_is_defined_for_the_sheets_of_rows_alone() -> None:
    """Office keeps the header to print on each page as a defined name; none is hidden."""
    workbook = small_parts(["Rows", "Notice"], [TABLE], export="e", moment=MOMENT)["xl/workbook.xml"]

    assert "'Rows'!$1:$1</definedName>" in workbook
    assert "'Notice'!" not in workbook
    assert "hidden" not in workbook


def test_a_table_is_reached_from_its_sheet_and_filters_all_its_cells() -> None:
    """The sheet's one relation leads to the table, whose columns are named as the header."""
    parts = small_parts(["Rows", "Notice"], [TABLE], export="e", moment=MOMENT)
    table = ET.fromstring(parts["xl/tables/table1.xml"])  # noqa: S314  made a line above
    names = [column.get("name") for column in table.iter(f"{MAIN}tableColumn")]

    assert "../tables/table1.xml" in parts["xl/worksheets/_rels/sheet1.xml.rels"]
    assert "xl/worksheets/_rels/sheet2.xml.rels" not in parts
    assert [table.get("ref")] == [filtered.get("ref") for filtered in table.iter(f"{MAIN}autoFilter")]
    assert list(TABLE.labels) == names


def test_properties_carry_the_datas_moment() -> None:
    """Created and modified are the cut-off, so that the same book has the same bytes."""
    core = small_parts(["Rows"], [], export="e", moment=MOMENT)["docProps/core.xml"]

    assert core.count("2026-11-21T05:00:00Z") == 2
