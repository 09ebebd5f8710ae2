"""Look-ups of people's records, as the ledger keeps them beside its entries.

Who makes and compares the digests has the key (`store.records`); the ledger can't read them.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from audit.tables import ledger_records


def records_between(connection: Connection, start: int, stop: int) -> list[tuple[int, str, str]]:
    """Return the look-ups of entries `start` to `stop` (exclusive): index, person, digest."""
    kept = ledger_records.c
    query = select(kept["index"], kept.person, kept.record).where(
        kept["index"] >= start, kept["index"] < stop
    )
    return [(place, person, record) for place, person, record in connection.execute(query)]
