"""Counting strangers: networks, minutes and the bound."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, insert

from runtime.database import reading, writing
from store.strangers import (
    ELSEWHERE,
    MOST_COUNTS,
    StrangerCount,
    count_stranger,
    due_counts,
    network_of,
    take_count,
)
from store.tables import stranger_counts

NOW = datetime(2026, 11, 21, 18, 0, 59, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("client", "network"),
    [
        ("192.0.2.77", "192.0.2.0"),
        ("2001:db8:1:2:3::4", "2001:db8:1::"),
        ("::1", "::"),
        ("local:socket", "local:socket"),
    ],
)
def test_a_network_stands_for_its_clients(client: str, network: str) -> None:
    """24 bits of an IPv4 address and 48 of an IPv6 one are kept."""
    assert network == network_of(client)


@given(st.ip_addresses())
def test_a_networks_network_is_itself(address: object) -> None:
    """What is kept is an address that an entry can name."""
    network = network_of(str(address))
    assert network == network_of(network) == str(ip_address(network))


def test_a_network_is_counted_by_the_minute(engine: Engine) -> None:
    """Tries of one network within a minute are one row; it is due when the minute is over."""
    with writing(engine) as connection:
        for client, moment in (
            ("192.0.2.1", NOW),
            ("192.0.2.2", NOW),
            ("198.51.100.1", NOW),
            ("192.0.2.3", LATER),
        ):
            count_stranger(connection, client, moment)

    with reading(engine) as connection:
        assert [] == due_counts(connection, NOW, 10)
        assert [
            StrangerCount(minute="2026-11-21T18:00", network="192.0.2.0", count=2),
            StrangerCount(minute="2026-11-21T18:00", network="198.51.100.0", count=1),
        ] == due_counts(connection, LATER, 10)


def test_a_count_is_taken_once(engine: Engine) -> None:
    """Who comes second takes nothing; a count that isn't committed stays."""
    with writing(engine) as connection:
        count_stranger(connection, "192.0.2.1", NOW)
    with reading(engine) as connection:
        (due,) = due_counts(connection, LATER, 10)
    with engine.connect() as connection, connection.begin() as transaction:
        assert 1 == take_count(connection, due)
        transaction.rollback()
    with writing(engine) as connection:
        taken = [take_count(connection, due) for _ in range(2)]

    assert [1, 0] == taken


def test_the_counts_are_bounded(engine: Engine) -> None:
    """However many networks try, no more rows wait than the bound; the tries are counted still."""
    with writing(engine) as connection:
        rows = [
            {"minute": "2026-11-21T17:59", "network": f"n{number}", "count": 1}
            for number in range(MOST_COUNTS)
        ]
        connection.execute(insert(stranger_counts), rows)
        for number in range(5):
            count_stranger(connection, f"203.0.{number}.1", NOW)
    with reading(engine) as connection:
        newest = due_counts(connection, LATER, MOST_COUNTS + 9)[MOST_COUNTS:]

    assert [StrangerCount(minute="2026-11-21T18:00", network=ELSEWHERE, count=5)] == newest
