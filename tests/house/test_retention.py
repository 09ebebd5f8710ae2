"""Pruning a whole installation: recorded first, refused for what is younger, and nothing else suffers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from audit.entry import Entry
from audit.errors import LedgerPrunedError
from audit.events import Event
from audit.pruned import years_before
from audit.pruning import RetentionError, pruned_until
from audit.recheck import recheck
from audit.soundness import check_stored
from house.founding import VKEY_FILE
from house.retention import PRUNE_LEDGER, plan_ledger_pruning, prune_ledger
from house.wiring import House
from runtime.database import reading
from store.told import untold_exports
from tests.installation import CONSOLE_WHO, Installation, a_published_installation

START = "2026-11-21"
ELEVEN_YEARS = timedelta(days=11 * 366)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Return an installation with a roster, a person and a published snapshot."""
    with a_published_installation(tmp_path_factory.mktemp("retention")) as made:
        made.enrol("0B65625")
        yield made


def later(home: Installation) -> House:
    """Return the house as its operator has it eleven years later, by a demo's clock."""
    offset = home.settings.clock_offset + int(ELEVEN_YEARS.total_seconds())
    return House(home.settings.model_copy(update={"clock_offset": offset}), "operator")


def test_what_is_young_is_refused(home: Installation) -> None:
    """Today nothing may be pruned that is younger than the number of rule R25 says."""
    house = home.operator
    size = house.reader.head().size
    with pytest.raises(RetentionError, match="entries are kept for 10 years"):
        prune_ledger(house, CONSOLE_WHO, house.clock.now())

    assert size == house.reader.head().size


def test_eleven_years_later(home: Installation) -> None:
    """What is over goes under its record, and the ledger verifies, extended and whole in its hashes."""
    before = home.operator.reader.head()
    old = home.operator.vault.sign()
    house = later(home)
    when = years_before(house.clock.now(), 10)
    plan = plan_ledger_pruning(house, when)
    done = prune_ledger(house, CONSOLE_WHO, when)
    record = Entry.decode(next(house.reader.entries(before.size, before.size + 1)))

    assert plan == done
    assert 0 < done.count < before.size == done.head.size
    assert before == done.head
    assert record.head is not None
    assert (Event.LEDGER_PRUNED, PRUNE_LEDGER) == (record.event, record.action)
    assert (done.count, before.size, before.root.hex()) == (record.count, record.head.size, record.head.root)
    with pytest.raises(LedgerPrunedError):
        list(house.reader.entries(0, before.size))
    vkey = (home.data / VKEY_FILE).read_text().strip()
    again = recheck(house.engine, home.operator.vault.sign(), vkey, since=old)
    assert (done.count, before) == (again.pruned, again.since)
    assert 0 == prune_ledger(house, CONSOLE_WHO, when).count
    assert before.size + 1 == house.reader.head().size


def test_nobodys_doctor_complains(home: Installation) -> None:
    """What was pruned is no finding: exports of that time aren't held against entries that are gone."""
    house = later(home)
    export = home.ask(home.sign_in(home.enrol("0B65625")))
    with reading(house.engine) as connection:
        assert export not in untold_exports(connection)
        assert START < pruned_until(connection)
        assert house.reader.head().size == check_stored(connection, 10_000)
