"""A reader sees sheets, headers and row counts of an opened book, and no value."""

from __future__ import annotations

import io

import pytest
from openpyxl import Workbook

from book.errors import SealBrokenError
from book.reading import Sheet, read_book


def test_sheets_are_described_without_values() -> None:
    """Each sheet has its name, its header's texts and its number of rows."""
    book = Workbook()
    book.worksheets[0].title = "Book of Business"
    for row in (["Case Number", "Name"], ["0001", "Ana"], ["0002", "Ben"]):
        book.worksheets[0].append(row)
    written = io.BytesIO()
    book.save(written)
    expected = (Sheet(name="Book of Business", columns=("Case Number", "Name"), rows=2),)
    assert expected == read_book(written.getvalue())


@pytest.mark.parametrize("clear", [b"", b"PK\x03\x04", b"no workbook at all"])
def test_what_is_no_workbook_is_said_to_be_none(clear: bytes) -> None:
    """Bytes that are no workbook are a broken seal."""
    with pytest.raises(SealBrokenError):
        read_book(clear)
