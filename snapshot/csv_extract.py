"""Reads an extract that is CSV: UTF-8 with one header row, every value as the text that stands there.

Laws: nothing is guessed, so leading zeros, `NULL`, `TRUE` and `1E5` stay text and an empty field
is blank. A byte-order mark at the start is tolerated (spreadsheets write it). Records are counted
as readers of CSV count them: the header is record 1, empty lines count for nothing, and a value
with line breaks in it is still one record.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import threading
from collections.abc import Collection, Iterator
from types import TracebackType
from typing import BinaryIO, Self

import pyarrow as pa
from pyarrow import csv as arrow_csv

from snapshot.extract import FIRST_RECORD, Openable, shown_name
from snapshot.findings import FILE, Finding, FindingCode, at_file, at_records

_BLOCK_BYTES = 8 * 1024 * 1024
_MAX_COLUMNS = 1024


class _DigestingReader(io.RawIOBase):
    """Passes a file on and keeps its digest and the number of its quotes.

    The parser reads ahead in a thread of its own, and may still do so when it has given up.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._turn = threading.Lock()
        self.digest = hashlib.sha256()
        self.quotes = 0

    def readable(self) -> bool:
        """Say yes: this is a source."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        with self._turn:
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


class CsvExtract:
    """One pass over a CSV extract whose header should have the `known` names; a context.

    OSError without a file.
    """

    def __init__(self, origin: Openable, known: Collection[str]) -> None:
        self.file = origin.name
        self.header: tuple[str, ...] = ()
        self.findings: list[Finding] = []
        self._origin = origin
        self._known = known
        self._source = _DigestingReader(origin.open())
        self._first: pa.RecordBatch | None = None
        self._reader: arrow_csv.CSVStreamingReader | None = None

    def __enter__(self) -> Self:
        """Read the header."""
        try:
            self._reader = _open(self._source)
            self._first = self._reader.read_next_batch()
        except (pa.ArrowInvalid, StopIteration):
            # Arrow's message quotes the place in the file, values and all: it goes no further.
            self._reader = None
        if self._first is None or self._first.num_rows == 0 or self._first.num_columns > _MAX_COLUMNS:
            self._reader = None
        else:
            self.header = tuple(
                column[0].as_py().decode("utf-8", "replace") for column in self._first.columns
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._reader = self._first = None
        self._source.close()

    @property
    def sha256(self) -> str:
        """The digest of what was read, in hex."""
        return self._source.digest.hexdigest()

    def batches(self) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Yield each batch of records with the number of its first one."""
        record = FIRST_RECORD
        whole = self._reader is not None and self._first is not None
        try:
            batch = self._first.slice(1) if self._first is not None and self._reader is not None else None
            while batch is not None and self._reader is not None:
                if batch.num_rows:
                    yield record, batch
                record += batch.num_rows
                batch = self._reader.read_next_batch()
        except StopIteration:
            pass
        except pa.ArrowInvalid:
            whole = False
        self._source.drain()
        if not whole:
            self.findings += _unreadable(self._origin)
        if self._source.quotes % 2:
            self.findings.append(at_file(FindingCode.UNPAIRED_QUOTE))

    def decode(self, first_record: int, batch: pa.RecordBatch) -> tuple[pa.RecordBatch | None, list[Finding]]:
        """Return a batch with its columns as text, or the places of bytes that are not UTF-8."""
        columns, findings = [], []
        for place, values in enumerate(batch.columns):
            try:
                columns.append(values.cast(pa.string()))
            except pa.ArrowInvalid:
                shown = shown_name(self.header, place, self._known)
                findings.append(at_records(FindingCode.NOT_UTF8, shown, _undecodable(values, first_record)))
        return None if findings else pa.record_batch(columns, names=list(self.header)), findings


def _open(source: _DigestingReader) -> arrow_csv.CSVStreamingReader:
    # The header is read as a record among others: so one parser sees the whole file, and
    # repeated names don't confuse it. Bytes first, since a failed decoding names no place.
    return arrow_csv.open_csv(
        source,
        read_options=arrow_csv.ReadOptions(autogenerate_column_names=True, block_size=_BLOCK_BYTES),
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(
            column_types={f"f{place}": pa.binary() for place in range(_MAX_COLUMNS)},
            strings_can_be_null=False,
        ),
    )


def _unreadable(origin: Openable) -> list[Finding]:
    ragged = _ragged_records(origin)
    if ragged:
        return [at_records(FindingCode.RAGGED_RECORD, FILE, ragged)]
    return [at_file(FindingCode.NOT_CSV)]


def _ragged_records(origin: Openable) -> list[int]:
    """Return the records with more or fewer fields than the first; slow, for the report alone."""
    # Arrow could call back for each such record, but only where it decodes as UTF-8.
    ragged, record, fields = [], 0, 0
    with (
        origin.open() as raw,
        io.TextIOWrapper(raw, encoding="latin-1", newline="") as file,
        contextlib.suppress(csv.Error),
    ):
        for values in filter(None, csv.reader(file)):
            record += 1
            fields = fields or len(values)
            if len(values) != fields:
                ragged.append(record)
    return ragged


def _undecodable(values: pa.Array, first_record: int) -> list[int]:
    found = []
    for record, value in enumerate(values.to_pylist(), first_record):
        try:
            value.decode()
        except UnicodeDecodeError:
            found.append(record)
    return found
