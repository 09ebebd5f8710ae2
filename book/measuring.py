"""What a book tells of its columns besides their cells: how many are filled, and how wide they should be.

Law: by the kernel where there is one, by Arrow elsewhere; both find the same
(`tests/book/test_measuring.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from book.native.kernel import Kernel, UnwritableError

SAMPLE_ROWS = 200
"""Rows whose texts count for a column's width."""
_EMPTY = pa.scalar("", pa.string())


@dataclass(frozen=True, kw_only=True)
class Measures:
    """One number a column, in order.

    `filled` are cells that aren't blank; `longest` the characters of the longest text among the first
    SAMPLE_ROWS, 0 for other types.
    """

    filled: tuple[int, ...]
    longest: tuple[int, ...]


def measure(data: pa.Table, kernel: Kernel | None) -> Measures:
    """Measure a table's columns."""
    if kernel is not None:
        try:
            return _by_kernel(data, kernel)
        except UnwritableError:
            # A type that has no cell: the writer of rows says where.
            pass
    return Measures(
        filled=tuple(_filled(column) for column in data.columns),
        longest=tuple(_longest(column.slice(0, SAMPLE_ROWS)) for column in data.columns),
    )


def all_filled(measured: Iterable[Measures]) -> list[int]:
    """Add up the filled cells of a table's parts."""
    return [sum(counts) for counts in zip(*(each.filled for each in measured), strict=True)]


def _by_kernel(data: pa.Table, kernel: Kernel) -> Measures:
    filled, longest = [0] * data.num_columns, [0] * data.num_columns
    sample = SAMPLE_ROWS
    for batch in data.to_batches():
        for place, (count, length) in enumerate(kernel.measure(batch, sample)):
            filled[place] += count
            longest[place] = max(longest[place], length)
        sample = max(0, sample - batch.num_rows)
    return Measures(filled=tuple(filled), longest=tuple(longest))


def _filled(column: pa.ChunkedArray) -> int:
    empty = 0
    if pa.types.is_string(column.type):
        # By name: the functions of `pc` cost more around the call than the call does.
        equal = pc.call_function("equal", [column, _EMPTY])
        empty = pc.call_function("sum", [equal]).as_py() or 0
    return int(len(column) - column.null_count - empty)


def _longest(sample: pa.ChunkedArray) -> int:
    if not pa.types.is_string(sample.type):
        return 0
    lengths = pc.call_function("utf8_length", [sample])
    return int(pc.call_function("max", [lengths]).as_py() or 0)
