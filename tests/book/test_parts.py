"""The small parts name what is in the package, escaped, and nothing of a person."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from book.parts import small_parts

MOMENT = datetime(2026, 11, 21, 5, tzinfo=UTC)


def test_every_part_is_xml_and_every_sheet_is_declared() -> None:
    """Content types and relations speak of each sheet once, whatever stands in names."""
    parts = small_parts(["A & <B>", "Notice"], {0: "A1:BR3"}, export="a&b", moment=MOMENT)

    for xml in parts.values():
        ET.fromstring(xml)  # noqa: S314  made two lines above
    for sheet in ("sheet1.xml", "sheet2.xml"):
        assert parts["[Content_Types].xml"].count(sheet) == 1
        assert parts["xl/_rels/workbook.xml.rels"].count(sheet) == 1
    assert "sheet3.xml" not in parts["[Content_Types].xml"]


def test_filter_and_repeated_header_are_defined_for_the_sheets_of_rows_alone() -> None:
    """Office keeps a filter's range, and the header to print on each page, as defined names."""
    workbook = small_parts(["Rows", "Notice"], {0: "A1:BR3"}, export="e", moment=MOMENT)["xl/workbook.xml"]

    assert "'Rows'!$A$1:$BR$3</definedName>" in workbook
    assert "'Rows'!$1:$1</definedName>" in workbook
    assert "'Notice'!" not in workbook


def test_properties_carry_the_datas_moment() -> None:
    """Created and modified are the cut-off, so that the same book has the same bytes."""
    core = small_parts(["Rows"], {}, export="e", moment=MOMENT)["docProps/core.xml"]

    assert core.count("2026-11-21T05:00:00Z") == 2
