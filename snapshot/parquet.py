"""Reads an extract that is a Parquet file: text columns as they are, typed ones as the text they mean.

Laws: a date is written `YYYY-MM-DD`, a moment in UTC with whole seconds, money as its digits, a
truth value `true` or `false`, a null as a blank; so the checks judge the same text as for CSV. A
column of another type, or a value that can't be written so, is found and never shown. A Parquet
file is read from its end, so its digest is taken before and after, by the same open file:
whoever changes it meanwhile is found.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator
from types import TracebackType
from typing import BinaryIO, Self

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from snapshot.extract import FIRST_RECORD, Openable, shown_name
from snapshot.findings import Finding, FindingCode, at_file

MAGIC = b"PAR1"
_BATCH_ROWS = 25_000
_BLOCK_BYTES = 1 << 20
_MOMENT = "%Y-%m-%dT%H:%M:%SZ"


class ParquetExtract:
    """One pass over a Parquet extract whose columns should have the `known` names; a context."""

    def __init__(self, origin: Openable, known: Collection[str]) -> None:
        self.file = origin.name
        self.header: tuple[str, ...] = ()
        self.findings: list[Finding] = []
        self._known = known
        self._source = origin.open()
        self._digest = ""
        self._table: parquet.ParquetFile | None = None

    def __enter__(self) -> Self:
        """Read the schema."""
        if not self._source.seekable():
            self.findings.append(at_file(FindingCode.NOT_SEEKABLE))
            return self
        self._digest = _digest(self._source)
        try:
            self._table = parquet.ParquetFile(self._source)
            self.header = tuple(self._table.schema_arrow.names)
        except (pa.ArrowException, OSError):
            self.findings.append(at_file(FindingCode.NOT_PARQUET))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._table = None
        self._source.close()

    @property
    def sha256(self) -> str:
        """The digest of the file in hex."""
        return self._digest

    def batches(self) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Yield each batch of rows with the number of its first one; rows count from 2, as in a CSV."""
        record = FIRST_RECORD
        try:
            for batch in self._table.iter_batches(_BATCH_ROWS) if self._table else ():
                yield record, batch
                record += batch.num_rows
        except (pa.ArrowException, OSError):
            self.findings.append(at_file(FindingCode.NOT_PARQUET))
        if self._digest and _digest(self._source) != self._digest:
            self.findings.append(at_file(FindingCode.CHANGED))

    def decode(self, _first: int, batch: pa.RecordBatch) -> tuple[pa.RecordBatch | None, list[Finding]]:
        """Return a batch with its columns as text, or the columns that can't be."""
        columns, findings = [], []
        for place, values in enumerate(batch.columns):
            try:
                columns.append(pc.fill_null(_as_text(values), ""))
            except (pa.ArrowException, ValueError):
                shown = shown_name(self.header, place, self._known)
                findings.append(at_file(FindingCode.NO_TEXT, shown))
        return None if findings else pa.record_batch(columns, names=list(self.header)), findings


def _as_text(values: pa.Array) -> pa.Array:
    kind = values.type
    if pa.types.is_dictionary(kind):
        return _as_text(values.dictionary_decode())
    for is_kind, write in _WRITERS:
        if is_kind(kind):
            return write(values)
    raise ValueError("a column of a type that has no text")


def _write_moment(values: pa.Array) -> pa.Array:
    if values.type.tz is None:
        raise ValueError("a moment without a time zone")
    # The cast refuses fractions of a second; zones only differ in how they are shown.
    whole = values.cast(pa.timestamp("s", values.type.tz)).cast(pa.timestamp("s", "UTC"))
    return pc.strftime(whole, _MOMENT)


def _write_plain(values: pa.Array) -> pa.Array:
    text = values.cast(pa.string())
    # A file may say UTF-8 and hold something else.
    text.validate(full=True)
    return text


_WRITERS: tuple[tuple[Callable[[pa.DataType], bool], Callable[[pa.Array], pa.Array]], ...] = (
    (pa.types.is_string, _write_plain),
    (pa.types.is_large_string, _write_plain),
    (pa.types.is_null, _write_plain),
    (pa.types.is_date32, _write_plain),
    (pa.types.is_decimal128, _write_plain),
    (pa.types.is_integer, _write_plain),
    (pa.types.is_boolean, _write_plain),
    (pa.types.is_timestamp, _write_moment),
)


def _digest(file: BinaryIO) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while block := file.read(_BLOCK_BYTES):
        digest.update(block)
    return digest.hexdigest()
