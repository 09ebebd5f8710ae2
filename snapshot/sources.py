"""Where an extract lies, and what opens it there: a file, a bucket, a query, sealed or not.

A source is opened to be read from its start; each opening is its own pass. An extract is a
Parquet file by its first bytes, anything else is CSV.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from snapshot.csv_extract import CsvExtract
from snapshot.extract import Extract, Openable
from snapshot.parquet import MAGIC, ParquetExtract


class Source(Openable, Protocol):
    """Where an extract lies; its name is shown in reports."""

    @property
    def size(self) -> int | None:
        """How many bytes it has, where that is known before it is read."""
        ...


@dataclass(frozen=True)
class FileSource:
    """A file in a folder."""

    path: Path

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    @property
    def size(self) -> int | None:
        """The file's size."""
        return self.path.stat().st_size

    def open(self) -> BinaryIO:
        """Return a reader at the start; OSError without a file."""
        return self.path.open("rb")


def open_extract(source: Source, known: Collection[str]) -> AbstractContextManager[Extract]:
    """Return a source's extract, whose columns should have the `known` names; OSError without one."""
    with source.open() as file:
        is_parquet = file.read(len(MAGIC)) == MAGIC
    return ParquetExtract(source, known) if is_parquet else CsvExtract(source, known)
