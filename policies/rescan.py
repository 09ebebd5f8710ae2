"""The last look before sealing: what may never leave isn't in the rows, whatever the import said.

Law: every text cell that would be shown is looked at under the list in force now; an answer names
the column and the pattern's code and never any part of a value.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow.compute as pc

from policies.columns import ColumnType
from policies.never import NeverList
from policies.table import PermittedTable

# Every pattern is about digits, so the slow look is for values that have one in any script.
_DIGIT = r"\p{N}"


@dataclass(frozen=True, kw_only=True)
class NeverFound:
    """Where something stands that may never leave: the column's name and the pattern's code."""

    column: str
    code: str


def find_in_table(table: PermittedTable, never: NeverList) -> NeverFound | None:
    """Return the first place of something that may never leave, or None."""
    for column in table.columns:
        if column.type is not ColumnType.TEXT:
            continue
        cells = table.data[column.name]
        for text in pc.unique(cells.filter(pc.match_substring_regex(cells, _DIGIT))).to_pylist():
            code = never.find(text, free_text=column.free_text) if text else None
            if code is not None:
                return NeverFound(column=column.name, code=code)
    return None
