"""Whom an entry showed: what its `consumers.root` was made of, beside the ledger.

Laws
1. It is kept in the entry's own transaction and goes when the entry's bytes go.
2. It proves nothing by itself: whoever reads it holds its root against the entry's.
3. What the bytes hold is for the rooms above to say; here they are kept by the entry's index.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from sqlalchemy import Connection, insert, select

from audit.stored import answering
from audit.tables import ledger_shown
from runtime.parts import in_parts

_AT_ONCE: Final = 500


def keep_shown(connection: Connection, shown: Mapping[int, bytes]) -> None:
    """Keep whom entries show, by their index, in the entries' transaction."""
    if shown:
        with answering():
            rows = [{"index": index, "consumers": packed} for index, packed in shown.items()]
            connection.execute(insert(ledger_shown), rows)


def kept_shown(connection: Connection, indices: Collection[int]) -> dict[int, bytes]:
    """Return what is kept of whom entries showed, by index; what isn't kept is left out."""
    asked, table = sorted(set(indices)), ledger_shown.c
    found: dict[int, bytes] = {}
    with answering():
        for some in in_parts(asked, _AT_ONCE):
            query = select(table["index"], table.consumers).where(table["index"].in_(some))
            rows = connection.execute(query)
            found |= {row[0]: row[1] for row in rows}
    return found
