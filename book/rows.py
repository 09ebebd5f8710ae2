"""Rows of consumers as sheet XML: by the kernel where there is one, or by `cells.py` in Python.

Laws:
1. Both ways write the same bytes (`tests/book/test_two_writers.py`); `cells.py` says what is right.
2. What the kernel hands back, since it can't be written without loss, goes through `cells.py`, which says
   at which row and column; so an error reads the same with and without a kernel.
3. Moments need a calendar of time zones: each distinct one is written in Python, once, for both ways.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from book.cells import Stretch, coded_moments, column_cells, column_letters
from book.native.kernel import Kernel, UnwritableError
from policies.columns import Column

ROWS_AT_A_TIME = 4096
Piece = bytes | memoryview
"""XML in UTF-8; a memoryview is valid until the next piece is asked for."""


def write_rows(
    columns: Sequence[Column], data: pa.Table, *, first_row: int, kernel: Kernel | None
) -> Iterator[Piece]:
    """Write `<row>` elements; `data` has the columns in order, its row 0 is the sheet's `first_row`.

    BookError names row and column of a value that can't be written.
    """
    if kernel is None:
        yield from _in_python(columns, data, first_row)
        return
    for batch in data.to_batches():
        try:
            yield from kernel.rows(_ready_batch(batch, first_row), first_row)
        except UnwritableError:
            # Raises at the value. Were there none, going on would write rows twice.
            for _ in _in_python(columns, pa.Table.from_batches([batch]), first_row):
                pass
            raise
        first_row += batch.num_rows


def _ready_batch(batch: pa.RecordBatch, first_row: int) -> pa.RecordBatch:
    """Put moments into their written form."""
    for place, field in enumerate(batch.schema):
        if pa.types.is_timestamp(field.type):
            values = pa.chunked_array([batch.column(place)])
            stretch = Stretch(letters="", name=field.name, first_row=first_row, values=values)
            batch = batch.set_column(place, field.name, coded_moments(stretch))
    return batch


def _in_python(columns: Sequence[Column], data: pa.Table, first_row: int) -> Iterator[bytes]:
    letters = [column_letters(place) for place in range(len(columns))]
    for start in range(0, data.num_rows, ROWS_AT_A_TIME):
        part = data.slice(start, ROWS_AT_A_TIME)
        at = first_row + start
        stretches = [
            column_cells(Stretch(letters=letter, name=column.name, first_row=at, values=part[column.name]))
            for letter, column in zip(letters, columns, strict=True)
        ]
        yield "".join(
            f'<row r="{row}">{"".join(in_row)}</row>'
            for row, in_row in enumerate(zip(*stretches, strict=True), at)
        ).encode()
