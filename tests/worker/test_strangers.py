"""Strangers' counted sign-ins become entries, one for each network and minute."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from audit.entry import Entry
from audit.events import Event, Outcome
from house.wiring import WorkerHouse
from runtime.database import reading, writing
from store.strangers import count_stranger, due_counts
from tests.backends import refuse_entries, take_entries
from tests.installation import an_installation
from tests.mail_server import a_mail_server
from tests.worker.houses import a_worker
from worker.strangers import record_strangers


@pytest.fixture
def house(tmp_path: Path) -> Iterator[WorkerHouse]:
    """The worker's house, with two networks' tries of a minute that is over."""
    with an_installation(tmp_path) as home, a_mail_server(tmp_path) as mail, a_worker(home, mail) as house:
        before = house.clock.now() - timedelta(minutes=2)
        with writing(house.engine) as connection:
            for client in ("192.0.2.1", "192.0.2.200", "2001:db8:1:9::7"):
                count_stranger(connection, client, before)
        yield house


def test_each_network_gets_one_entry_a_minute(house: WorkerHouse) -> None:
    """The entry has the network and the count; what is recorded isn't counted again."""
    record_strangers(house)
    record_strangers(house)

    reader = house.reader
    entries = [Entry.decode(data) for data in reader.entries(0, reader.head().size)]
    told = [entry for entry in entries if entry.event is Event.STRANGERS_COUNTED]
    assert [("192.0.2.0", 2), ("2001:db8:1::", 1)] == [(entry.client, entry.count) for entry in told]
    assert {("stranger", Outcome.DONE)} == {(entry.actor.kind, entry.outcome) for entry in told}


def test_what_cant_be_recorded_stays_counted(house: WorkerHouse) -> None:
    """While the ledger takes nothing the counts wait, and no try is lost."""
    refuse_entries(house.engine)
    record_strangers(house)
    take_entries(house.engine)

    with reading(house.engine) as connection:
        assert [2, 1] == [each.count for each in due_counts(connection, house.clock.now(), 9)]
