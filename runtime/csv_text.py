"""Read CSV text of which places are told and values never: a feed, a roster.

A record's number counts from 1, which is the header's.
"""

from __future__ import annotations

import csv
import io


class CsvTextError(Exception):
    """The bytes are no CSV in UTF-8; `place` says where and what, without a value."""

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.place = place


def read_records(data: bytes) -> list[list[str]]:
    """Return every record of UTF-8 text, the header first; a byte order mark is left out."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CsvTextError(f"byte {error.start}: not UTF-8") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        return list(reader)
    except csv.Error:
        raise CsvTextError(f"line {reader.line_num}: not CSV") from None


def wrong_length(number: int, record: list[str], header: list[str]) -> str | None:
    """Return the place of a record that hasn't as many fields as the header, else None."""
    if len(record) == len(header):
        return None
    return f"record {number}: {len(record)} fields instead of {len(header)}"
