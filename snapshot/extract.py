"""Reads an extract: UTF-8 CSV with one header row, every value as the text that stands there.

Laws: nothing is guessed, so leading zeros, `NULL`, `TRUE` and `1E5` stay text and an
empty field is blank. A byte-order mark at the start is tolerated (spreadsheets write it).
The digest is taken of the very bytes that are parsed. Records are counted as readers of
CSV count them: the header is record 1, empty lines count for nothing, and a value with
line breaks in it is still one record. No message holds a byte of the file's values.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from pyarrow import csv as arrow_csv

from snapshot.findings import FILE, Finding, FindingCode, at_file, at_records

FIRST_RECORD = 2
_BLOCK_BYTES = 16 * 1024 * 1024
_MAX_COLUMNS = 1024
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9 _-]{0,62}")


@dataclass(frozen=True, kw_only=True)
class Extract:
    """An extract as it was read.

    `rows` has one string column per header name, without nulls, or is None when
    `findings` say why the file can't be read as a table. `sha256` is hex, of all bytes.
    """

    file: str
    sha256: str
    header: tuple[str, ...]
    rows: pa.Table | None
    findings: tuple[Finding, ...]


class _DigestingReader(io.RawIOBase):
    """Passes a file on and keeps its digest and the number of its quotes."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self.digest = hashlib.sha256()
        self.quotes = 0

    def readable(self) -> bool:
        """Say yes: this is a source."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        data = self._file.read(size)
        self.digest.update(data)
        self.quotes += data.count(b'"')
        return data

    def drain(self) -> None:
        """Read what the parser left, so that the digest is the whole file's."""
        while self.read(_BLOCK_BYTES):
            pass

    def close(self) -> None:
        """Close the file underneath."""
        self._file.close()
        super().close()


def read_extract(path: Path, known: Collection[str]) -> Extract:
    """Read an extract whose header should have the `known` names; OSError without a file.

    Whatever else is wrong stands in the Extract's findings.
    """
    with _DigestingReader(path) as source:
        try:
            table = _parse(source)
        except pa.ArrowInvalid:
            # Arrow's message quotes the place in the file, values and all: it goes no further.
            table = None
        source.drain()
        sha256, quotes = source.digest.hexdigest(), source.quotes
    header: tuple[str, ...] = ()
    rows = None
    findings = []
    if table is None or table.num_columns > _MAX_COLUMNS:
        ragged = _ragged_records(path) if table is None else []
        findings.append(
            at_records(FindingCode.RAGGED_RECORD, FILE, ragged) if ragged else at_file(FindingCode.NOT_CSV)
        )
    else:
        header = tuple(field.decode("utf-8", "replace") for (field,) in _first_record(table))
        rows, findings = _decode(table, header, known)
    if quotes % 2:
        findings.append(at_file(FindingCode.UNPAIRED_QUOTE))
    return Extract(
        file=path.name,
        sha256=sha256,
        header=header,
        rows=None if findings else rows,
        findings=tuple(findings),
    )


def shown_name(header: Sequence[str], place: int, known: Collection[str]) -> str:
    """Return how a report names a header field: itself if it is a name, else its place from 1.

    In a file without a header the first record's values stand where names should be, so
    an unknown name is shown only where at least half of the known names are there too.
    """
    name = header[place]
    if name in known:
        return name
    has_header = 2 * len(set(header) & set(known)) >= len(known)
    return name if has_header and _NAME.fullmatch(name) else f"header field {place + 1}"


def _parse(source: _DigestingReader) -> pa.Table:
    # The header is read as a record among others: so one parser sees the whole file, and
    # repeated names don't confuse it. Bytes first, since a failed decoding names no place.
    return arrow_csv.read_csv(
        source,
        read_options=arrow_csv.ReadOptions(
            autogenerate_column_names=True, use_threads=False, block_size=_BLOCK_BYTES
        ),
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(
            column_types={f"f{place}": pa.binary() for place in range(_MAX_COLUMNS)},
            strings_can_be_null=False,
        ),
    )


def _ragged_records(path: Path) -> list[int]:
    """Return the records with more or fewer fields than the first; slow, for the report alone."""
    # Arrow could call back for each such record, but only where it decodes as UTF-8.
    ragged, record, fields = [], 0, 0
    with path.open(encoding="latin-1", newline="") as file, contextlib.suppress(csv.Error):
        for values in filter(None, csv.reader(file)):
            record += 1
            fields = fields or len(values)
            if len(values) != fields:
                ragged.append(record)
    return ragged


def _first_record(table: pa.Table) -> list[list[bytes]]:
    return [column.slice(0, 1).to_pylist() for column in table.columns]


def _decode(
    table: pa.Table, header: Sequence[str], known: Collection[str]
) -> tuple[pa.Table | None, list[Finding]]:
    columns, findings = [], []
    for place, column in enumerate(table.columns):
        values = column.slice(1)
        try:
            columns.append(values.cast(pa.string()))
        except pa.ArrowInvalid:
            shown = shown_name(header, place, known)
            findings.append(at_records(FindingCode.NOT_UTF8, shown, _undecodable(values)))
    return None if findings else pa.table(columns, names=list(header)), findings


def _undecodable(values: pa.ChunkedArray) -> list[int]:
    found = []
    for record, value in enumerate(values.to_pylist(), FIRST_RECORD):
        try:
            value.decode()
        except UnicodeDecodeError:
            found.append(record)
    return found
