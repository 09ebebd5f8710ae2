"""The typed Arrow form of catalogue rows, the same from the import to the workbook.

A date is a date, money is a decimal, a moment is UTC; everything else that has words is text. Rows in
a snapshot's shard carry two more columns, the pseudonyms of consumer and case; a book's rows never do.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from policies.columns import Catalogue, ColumnType

CONSUMER_PSEUDONYM = "_consumer"
CASE_PSEUDONYM = "_case"

ARROW_TYPE_OF: Mapping[ColumnType, Any] = MappingProxyType(
    {
        ColumnType.TEXT: pa.string(),
        ColumnType.ENUM: pa.string(),
        ColumnType.LIST: pa.string(),
        ColumnType.DATE: pa.date32(),
        ColumnType.DATETIME: pa.timestamp("us", tz="UTC"),
        ColumnType.MONEY: pa.decimal128(9, 2),
        ColumnType.INT: pa.int32(),
        ColumnType.BOOL: pa.bool_(),
    }
)
"""The Arrow type of each column type; a list is one text with `; ` between its members."""


def rows_schema(catalogue: Catalogue) -> pa.Schema:
    """Return the schema of a shard's rows: the catalogue's columns in order, then the pseudonyms."""
    fields = [(column.name, ARROW_TYPE_OF[column.type]) for column in catalogue.columns]
    return pa.schema([*fields, (CONSUMER_PSEUDONYM, pa.string()), (CASE_PSEUDONYM, pa.string())])
