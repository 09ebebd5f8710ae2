"""Look-ups of records, people's and keys', as the ledger keeps them beside its entries.

Who makes and compares the digests has the key (`store.records`); the ledger can't read them.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, Label, select

from audit.tables import ledger_records


def newest_record(of: ColumnElement[str]) -> Label[str]:
    """Say, as a column `recorded`, which digest was told last of what has this id."""
    kept = ledger_records.c
    told = select(kept.record).where(kept.person == of).order_by(kept["index"].desc()).limit(1)
    return told.scalar_subquery().label("recorded")


def records_between(connection: Connection, start: int, stop: int) -> list[tuple[int, str, str]]:
    """Return the look-ups of entries `start` to `stop` (exclusive): index, person, digest."""
    kept = ledger_records.c
    query = select(kept["index"], kept.person, kept.record).where(
        kept["index"] >= start, kept["index"] < stop
    )
    return [(place, person, record) for place, person, record in connection.execute(query)]
