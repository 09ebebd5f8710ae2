"""The styles that openpyxl lends are numbered as we say and ordered as Office wants them."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from book.skeleton import Style, skeleton

NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def test_every_style_has_its_format() -> None:
    """The style sheet holds one format for each number."""
    formats = ET.fromstring(skeleton().styles).find(f"{NS}cellXfs")  # noqa: S314  our own part

    assert formats is not None
    assert len(Style) == len(formats)


def test_fonts_are_in_offices_order() -> None:
    """Strict readers refuse a font whose colour comes after its name."""
    root = ET.fromstring(skeleton().styles)  # noqa: S314  our own part
    fonts = [[part.tag.removeprefix(NS) for part in font] for font in root.iter(f"{NS}font")]

    assert len(fonts) >= 3
    assert all(
        font == [part for part in ("b", "i", "sz", "color", "name", "family", "scheme") if part in font]
        for font in fonts
    )


def test_the_skeleton_is_built_once() -> None:
    """Every book of a process shares it."""
    assert skeleton() is skeleton()
