"""Gives checked text its types: dates, money, whole numbers, truth values and moments.

Laws: a blank is null in every column; text stays as it is, padding and all; for what the
checks accepted nothing is lost (the tests bring every value back).
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from policies.arrow_types import ARROW_TYPE_OF
from policies.columns import Catalogue, ColumnType


def type_rows(rows: pa.RecordBatch, catalogue: Catalogue) -> pa.RecordBatch:
    """Return checked text rows with the catalogue's columns, order and Arrow types.

    Call it on what `checks` accepted only: Arrow's own error for other text quotes it.
    """
    columns = [_typed(_without_blanks(rows.column(column.name)), column.type) for column in catalogue.columns]
    return pa.record_batch(columns, names=[column.name for column in catalogue.columns])


def _typed(values: pa.Array, kind: ColumnType) -> pa.Array:
    return values if ARROW_TYPE_OF[kind] == pa.string() else values.cast(ARROW_TYPE_OF[kind])


def _without_blanks(values: pa.Array) -> pa.Array:
    """Return text whose blanks are null; the text itself isn't copied, only told which of it counts."""
    if values.offset or values.null_count:
        return pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values)
    counts = pc.not_equal(values, "")
    _, offsets, text = values.buffers()
    return pa.Array.from_buffers(pa.string(), len(values), [counts.buffers()[1], offsets, text])
