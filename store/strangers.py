"""Failed sign-ins of names that nobody has: counted by network and minute, so that none fills the disk.

Laws
1. What was answered was counted: the count stands in the database before the answer goes out, and
   leaves it in the transaction that records it.
2. The counts that wait are bounded. Beyond the bound they are still counted, by the minute alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Final

from sqlalchemy import Connection, func, select, text

from runtime.clock import rfc3339
from store.tables import stranger_counts

MOST_COUNTS: Final = 10_000
ELSEWHERE: Final = "local:elsewhere"
"""Stands for every network beyond the bound."""
_PREFIX: Final = {4: 24, 6: 48}
_MINUTE_CHARS: Final = len("2026-11-21T18:00")
_COUNT = text(
    "INSERT INTO stranger_counts (minute, network, count) VALUES (:minute, :network, 1)"
    " ON CONFLICT (minute, network) DO UPDATE SET count = stranger_counts.count + 1"
)


@dataclass(frozen=True, kw_only=True)
class StrangerCount:
    """How often a network's strangers tried within a minute (UTC, `2026-11-21T18:00`)."""

    minute: str
    network: str
    count: int


def network_of(client: str) -> str:
    """Return the address of a client's network (IPv4 /24, IPv6 /48); `local:<word>` is its own."""
    try:
        address = ip_address(client)
    except ValueError:
        return client
    return str(ip_network((address, _PREFIX[address.version]), strict=False).network_address)


def count_stranger(connection: Connection, client: str, now: datetime) -> None:
    """Count one failed sign-in of a name that nobody has."""
    waiting = connection.execute(select(func.count()).select_from(stranger_counts)).scalar_one()
    network = network_of(client) if waiting < MOST_COUNTS else ELSEWHERE
    connection.execute(_COUNT, {"minute": _minute(now), "network": network})


def due_counts(connection: Connection, now: datetime, most: int) -> list[StrangerCount]:
    """Return counts of minutes that are over, oldest first."""
    counts = stranger_counts
    query = select(counts).where(counts.c.minute < _minute(now)).order_by(counts.c.minute, counts.c.network)
    rows = connection.execute(query.limit(most))
    return [StrangerCount(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's documented way


def take_count(connection: Connection, due: StrangerCount) -> int:
    """Take a count out, to be recorded in this transaction; 0 where somebody else did."""
    mine = (stranger_counts.c.minute == due.minute) & (stranger_counts.c.network == due.network)
    taking = stranger_counts.delete().where(mine).returning(stranger_counts.c.count)
    return connection.execute(taking).scalar_one_or_none() or 0


def _minute(now: datetime) -> str:
    return rfc3339(now)[:_MINUTE_CHARS]
