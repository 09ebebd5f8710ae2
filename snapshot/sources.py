"""Opens an extract by what it is: a Parquet file by its first bytes, anything else as CSV."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractContextManager
from pathlib import Path

from snapshot.csv_extract import CsvExtract
from snapshot.extract import Extract
from snapshot.parquet import ParquetExtract, is_parquet


def open_extract(path: Path, known: Collection[str]) -> AbstractContextManager[Extract]:
    """Return a file's extract, whose columns should have the `known` names; OSError without a file."""
    return ParquetExtract(path, known) if is_parquet(path) else CsvExtract(path, known)
