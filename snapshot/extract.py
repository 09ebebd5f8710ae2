"""What an open extract is, whatever kind of file it lies in.

Laws of every kind: it is read once, as text, a batch of records at a time; memory holds a few
batches whatever its size; the digest is of the very bytes that were read; no message holds a
byte of the file's values.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import BinaryIO, Protocol

import pyarrow as pa

from snapshot.findings import Finding

FIRST_RECORD = 2
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9 _-]{0,62}")


class Openable(Protocol):
    """What an extract is read from; each opening starts at the beginning."""

    @property
    def name(self) -> str:
        """A name without folders or secrets."""
        ...

    def open(self) -> BinaryIO:
        """Return a reader; OSError where there is nothing to read."""
        ...


class Extract(Protocol):
    """An open extract."""

    file: str
    header: tuple[str, ...]
    findings: list[Finding]

    @property
    def sha256(self) -> str:
        """The digest of all bytes in hex, once all batches were read."""
        ...

    def batches(self) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Yield, once, each batch of records with the number of its first one.

        When it has ended, `findings` say why the file can't be read as a table, if it can't.
        """
        ...

    def decode(self, first_record: int, batch: pa.RecordBatch) -> tuple[pa.RecordBatch | None, list[Finding]]:
        """Return a batch with its columns as text without nulls, or what can't be text; from any thread."""
        ...


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
