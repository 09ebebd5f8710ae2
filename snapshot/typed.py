"""Gives checked text its types: dates, money, whole numbers, truth values and moments.

Laws: a blank is null in every column; text stays as it is, padding and all; for what the
checks accepted nothing is lost (the tests bring every value back).
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from policies.arrow_types import ARROW_TYPE_OF
from policies.columns import Catalogue


def type_rows(rows: pa.Table, catalogue: Catalogue) -> pa.Table:
    """Return checked text rows with the catalogue's columns, order and Arrow types.

    Call it on what `checks` accepted only: Arrow's own error for other text quotes it.
    """
    columns = {}
    blank = pa.scalar(None, pa.string())
    for column in catalogue.columns:
        values = rows.column(column.name)
        blank = pa.scalar(None, pa.string())
        columns[column.name] = pc.if_else(pc.equal(values, ""), blank, values).cast(
            ARROW_TYPE_OF[column.type]
        )
    return pa.table(columns)
