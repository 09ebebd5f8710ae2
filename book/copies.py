"""A copy of a book, as somebody found it: a clear workbook or a CSV, read row by row with bounds.

Laws:
1. The file is anybody's: what it claims to hold is compared with limits before it is unpacked, one row
   is in memory at a time, and a file that goes beyond is a CopyError. No message repeats a value.
2. Columns are known by their headers (labels or names, in any order and case); what isn't known is left
   out. The header is looked for among a sheet's first rows.
3. What a file says of itself (export's id, data's moment) is a claim and kept apart from what it holds.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.escape import unescape
from openpyxl.workbook import Workbook

from book.compound import MAGIC
from book.errors import CopyError
from book.fingerprints import Fingerprinter, Prints
from book.notice import REQUEST_ID
from book.packages import DAMAGES, check_package
from book.workbook import NOTICE_SHEET
from policies.columns import name_of_label

MAX_FILE_BYTES = 256 << 20
MAX_ROWS = 3_000_000
_HEADER_WITHIN = 30
_LEAST_HEADERS = 2
_ROWS_AT_A_TIME = 4096
_MOMENT = "snapshot_as_of"
_MOST_MOMENTS = 8
_EXPORT_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_US_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})\b.*")
_ISO_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})\b.*")
_EXCEL_EPOCH = date(1899, 12, 30)


@dataclass(frozen=True, kw_only=True)
class Copy:
    """What a copy holds: fingerprints, known columns, and what it says of itself.

    `claimed_exports` are ids in its Notice or properties, `claimed_days` the days (ISO, Pacific) in its
    column of the data's moment. `columns` are names of the catalogue.
    """

    prints: Prints = field(repr=False)
    columns: tuple[str, ...]
    claimed_exports: tuple[str, ...]
    claimed_days: tuple[str, ...]


class _Claims:
    def __init__(self) -> None:
        self.exports: set[str] = set()
        self.days: set[str] = set()
        self.columns: list[str] = []

    def note_export(self, text: object) -> None:
        self.exports |= set(_EXPORT_ID.findall(str(text).lower()))

    def note_day(self, value: object) -> None:
        day = _day(value)
        if day is not None and len(self.days) < _MOST_MOMENTS:
            self.days.add(day)


def read_copy(data: bytes, fingerprinter: Fingerprinter) -> Copy:
    """Read a copy's rows and fingerprint them; CopyError where it isn't one that can be read."""
    if len(data) > MAX_FILE_BYTES:
        raise CopyError(f"the file is larger than {MAX_FILE_BYTES >> 20} MiB")
    if data.startswith(MAGIC):
        raise CopyError("the file is protected: open it with its passphrase and save a copy without")
    claims = _Claims()
    sheets = _workbook_rows(data, claims) if data.startswith(b"PK\3\4") else [_csv_rows(data)]
    known = [*fingerprinter.columns, _MOMENT]
    prints = fingerprinter.of_copies(_columns_of(sheet, known, claims) for sheet in sheets)
    if not claims.columns:
        raise CopyError("no row of headers was found: a copy is known by the names of its columns")
    return Copy(
        prints=prints,
        columns=tuple(dict.fromkeys(claims.columns)),
        claimed_exports=tuple(sorted(claims.exports)),
        claimed_days=tuple(sorted(claims.days)),
    )


def _columns_of(
    rows: Iterable[Sequence[Any]], known: Sequence[str], claims: _Claims
) -> Iterator[Mapping[str, Sequence[Any]]]:
    """Turn a sheet's rows into batches of known columns; none where no header is found."""
    found: dict[str, int] = {}
    batch: list[Sequence[Any]] = []
    for number, row in enumerate(rows):
        if number > MAX_ROWS:
            raise CopyError(f"the file has more than {MAX_ROWS} rows")
        if not found:
            if number >= _HEADER_WITHIN:
                return
            found = _header(row, known)
            claims.columns += found
            continue
        batch.append(row)
        if len(batch) == _ROWS_AT_A_TIME:
            yield _batch(batch, found, claims)
            batch = []
    if batch:
        yield _batch(batch, found, claims)


def _header(row: Sequence[Any], known: Sequence[str]) -> dict[str, int]:
    names: dict[str, int] = {}
    for place, value in enumerate(row):
        name = name_of_label(" ".join(str(value).split())) if isinstance(value, str) else ""
        if name in known:
            names.setdefault(name, place)
    return names if len(names) >= _LEAST_HEADERS else {}


def _batch(
    rows: Sequence[Sequence[Any]], found: Mapping[str, int], claims: _Claims
) -> Mapping[str, Sequence[Any]]:
    filled = [row for row in rows if any(value not in {None, ""} for value in row)]
    columns = {
        name: [row[place] if place < len(row) else None for row in filled] for name, place in found.items()
    }
    for moment in set(columns.pop(_MOMENT, ())):
        claims.note_day(moment)
    return columns


def _day(value: object) -> str | None:
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, float | int) and 0 < value < _EXCEL_EPOCH.max.toordinal() - _EXCEL_EPOCH.toordinal():
        return (_EXCEL_EPOCH + timedelta(days=int(value))).isoformat()
    text = str(value).strip()
    if found := _ISO_DAY.fullmatch(text):
        return found[1]
    if found := _US_DAY.fullmatch(text):
        return f"{found[3]}-{found[1]:0>2}-{found[2]:0>2}"
    return None


def _csv_rows(data: bytes) -> Iterator[Sequence[Any]]:
    if b"\0" in data[:4096] and not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise CopyError("the file is neither a workbook nor a CSV")
    text = _decode(data)
    first = text[:65536]
    separator = max(",;\t|", key=first.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    except csv.Error:
        raise CopyError("the file is neither a workbook nor a CSV") from None


def _decode(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _workbook_rows(data: bytes, claims: _Claims) -> Iterator[Iterator[Sequence[Any]]]:
    check_package(data)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    except DAMAGES:
        raise CopyError("the workbook is damaged") from None
    try:
        claims.note_export(book.properties.identifier)
        claims.note_export(book.properties.subject)
        _note_notice(book, claims)
        for sheet in book.worksheets:
            # A file may claim any size for a sheet; what is there is read.
            sheet.reset_dimensions()
            yield _sheet_rows(sheet.iter_rows(values_only=True))
    finally:
        book.close()


def _note_notice(book: Workbook, claims: _Claims) -> None:
    if NOTICE_SHEET not in book.sheetnames:
        return
    book[NOTICE_SHEET].reset_dimensions()
    for number, row in enumerate(_sheet_rows(book[NOTICE_SHEET].iter_rows(values_only=True))):
        if number >= _HEADER_WITHIN:
            return
        if len(row) > 1 and row[0] == REQUEST_ID:
            claims.note_export(row[1])


def _sheet_rows(rows: Iterator[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    while True:
        try:
            row = next(rows, None)
        except DAMAGES:
            raise CopyError("the workbook is damaged") from None
        if row is None:
            return
        yield [unescape(value) if isinstance(value, str) and "_x" in value else value for value in row]
