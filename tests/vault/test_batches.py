"""Batches: many permits against one head in one change, each judged by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from audit.entry import Entry
from tests.vault.factories import (
    ORIGIN,
    PASSPHRASE,
    book_permit,
    build_permit,
    destroy_permit,
    end_permit,
    factor_permit,
    find_permit,
    import_permit,
    publication,
    view_permit,
    written,
)
from tests.vault.fakes import MemoryLedger
from tests.vault.process import a_vault_process
from vault import batches
from vault.ceremony import create_vault
from vault.client import VaultClient
from vault.errors import Code, VaultRefusedError
from vault.holdings import Holdings, key_name
from vault.openings import END_MOST_IDS
from vault.store import Store
from vault.table import BATCH_MOST, Call, CallerKind


class Bench:
    """A running vault with attempt A1 published, and the ledger that it follows."""

    def __init__(self, home: Path, socket: Path, credentials: dict[CallerKind, str]) -> None:
        """Import A1 and record its publication."""
        self.home, self.socket, self.credentials = home, socket, credentials
        self.ledger = MemoryLedger()
        permit = self.add(import_permit(now=self.now()))
        keys = self.client(CallerKind.WORKER).import_snapshot(permit, attempt="A1", agents=["0A00001"])
        self.consumers, self.cases = (
            dict(zip(ids, written(keys, kind, *ids), strict=True))
            for kind, ids in (("consumer", ["C-1", "C-2"]), ("case", ["K-1"]))
        )
        self.published = self.add(publication())

    def now(self) -> datetime:
        """Return the machine's time."""
        return datetime.now(UTC)

    def client(self, kind: CallerKind) -> VaultClient:
        """Return a client of a kind of caller."""
        return VaultClient(self.socket, self.credentials[kind], self.ledger)

    def add(self, entry: Entry) -> int:
        """Append an entry."""
        return self.ledger.append(entry)

    def built(self, export: str) -> batches.Opening:
        """Return an opening that builds a book of an export."""
        permit = self.add(build_permit(export, now=self.now()))
        return batches.building(permit, published=self.published, passphrase=f"{PASSPHRASE}-{export}")

    def permit(self, call: Call, export: str) -> int:
        """Record a permit for a built book."""
        return self.add(book_permit(call, export, now=self.now()))


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Run one vault for this file."""
    home = tmp_path_factory.mktemp("batches") / "vault"
    founding = create_vault(home, ORIGIN)
    with a_vault_process(home) as process:
        yield Bench(home, process.socket, founding.credentials)


def test_a_batch_gives_what_single_calls_give(bench: Bench) -> None:
    """Fifty books are built in one go and opened in another; each key is the one that was minted."""
    worker, api = bench.client(CallerKind.WORKER), bench.client(CallerKind.API)
    exports = [f"B{number}" for number in range(50)]
    built = [one.get() for one in worker.open_many([bench.built(export) for export in exports])]
    sent = worker.open_many([batches.sending(bench.permit(Call.SEND_BOOK, export)) for export in exports])
    shown = api.open_many(
        [
            batches.downloading(bench.permit(Call.DOWNLOAD_BOOK, "B0")),
            batches.revealing(bench.permit(Call.REVEAL_PASSPHRASE, "B1")),
            batches.viewing(bench.add(view_permit(now=bench.now())), published=bench.published),
            batches.enrolling(bench.add(factor_permit("P1", now=bench.now()))),
            batches.finding(bench.add(find_permit(now=bench.now())), ["C-2"], kind="consumer"),
        ]
    )
    values = [one.get() for one in shown]

    assert len({keys.book for keys in built}) == len(exports)
    assert [keys.book for keys in built] == [one.get() for one in sent]
    assert [built[0].book, f"{PASSPHRASE}-B1", built[0].index] == [values[0], values[1], values[2].index]
    assert {"C-2": (bench.consumers["C-2"],)} == values[4]


def test_one_refusal_undoes_nothing_of_the_others(bench: Bench) -> None:
    """Spent, expired, unknown, another caller's and one that is named twice are refused by themselves."""
    worker, late = bench.client(CallerKind.WORKER), timedelta(minutes=-10)
    worker.open_many([bench.built("C1")])[0].get()
    spent = bench.permit(Call.SEND_BOOK, "C1")
    worker.send_book(spent)
    good = bench.permit(Call.SEND_BOOK, "C1")
    permits = [
        spent,
        bench.add(book_permit(Call.SEND_BOOK, "C1", now=bench.now() + late)),
        bench.permit(Call.SEND_BOOK, "C9"),
        good,
        good,
    ]
    outcomes = worker.open_many(
        [
            *map(batches.sending, permits),
            batches.revealing(bench.permit(Call.REVEAL_PASSPHRASE, "C1")),
            batches.sending(bench.permit(Call.DOWNLOAD_BOOK, "C1")),
        ]
    )
    codes = [one.error.code if one.error else Code.OPENED for one in outcomes]

    assert [
        Code.SPENT,
        Code.EXPIRED,
        Code.UNKNOWN,
        Code.OPENED,
        Code.SPENT,
        Code.CALLER,
        Code.MISFIT,
    ] == codes
    with pytest.raises(VaultRefusedError, match="spent"):
        outcomes[0].get()


def test_a_batch_is_one_change(bench: Bench) -> None:
    """The change counter moves by one for twenty destructions, and each has its record."""
    worker = bench.client(CallerKind.WORKER)
    worker.open_many([bench.built(f"D{number}") for number in range(20)])
    permits = [bench.add(destroy_permit(f"export:D{number}", now=bench.now())) for number in range(20)]
    before = _changes(bench)
    outcomes = worker.open_many(list(map(batches.destroying, permits)))
    records = [record for one in outcomes for record in one.get()]

    assert _changes(bench) == before + 1
    assert [f"object export:D{number}" for number in range(20)] == [one.splitlines()[2] for one in records]


def _changes(bench: Bench) -> int:
    places = (bench.home / "changes.counter").read_bytes()
    return max(int(places[:18]), int(places[512:530]))


def test_an_empty_batch_asks_nothing_and_one_too_large_is_refused(bench: Bench) -> None:
    """Nothing to open needs no vault; beyond 500 the client says so before it proves anything."""
    worker = bench.client(CallerKind.WORKER)

    assert worker.open_many([]) == []
    with pytest.raises(VaultRefusedError):
        worker.open_many([batches.sending(0)] * (BATCH_MOST + 1))


def test_a_look_up_finds_what_the_import_made(bench: Bench) -> None:
    """A consumer's and a case's pseudonyms are those of the import; one never seen has one too."""
    api = bench.client(CallerKind.API)
    found = api.find_consumer(bench.add(find_permit(now=bench.now())), ["C-1", "C-77"])
    cases = api.find_consumer(bench.add(find_permit(now=bench.now())), ["K-1"], kind="case")

    assert bench.consumers["C-1"] == found["C-1"][0]
    assert found["C-77"][0] not in bench.consumers.values()
    assert {"K-1": (bench.cases["K-1"],)} == cases
    for ids, kind in (([], "consumer"), (["C"] * 21, "consumer"), (["C-1"], "person")):
        with pytest.raises(VaultRefusedError) as caught:
            api.find_consumer(bench.add(find_permit(now=bench.now())), ids, kind=kind)
        assert caught.value.code is Code.MISFIT
    with pytest.raises(VaultRefusedError) as caught:
        bench.client(CallerKind.WORKER).find_consumer(bench.add(find_permit(now=bench.now())), ["C-1"])
    assert caught.value.code is Code.CALLER


def test_a_look_up_knows_every_year(tmp_path: Path) -> None:
    """The pseudonyms of all years whose key is kept come back, the oldest first."""
    create_vault(tmp_path / "vault", ORIGIN)
    store = Store(tmp_path / "vault")
    holdings = Holdings(store)
    with store.change():
        keys = {year: holdings.year_key(year) for year in (2026, 2024, 2025)}
        holdings.mint(key_name("X1", 1))
        holdings.shred("year:2024")

    assert {2025: keys[2025], 2026: keys[2026]} == holdings.year_keys()
    assert list(holdings.year_keys()) == [2025, 2026]
    store.close()


def test_a_feed_of_ended_delegations_gets_the_pseudonyms_of_this_year_and_the_next(bench: Bench) -> None:
    """For operators at the console and in the portal, of a permit of its own, and of consumers alone."""
    operator, api = bench.client(CallerKind.OPERATOR), bench.client(CallerKind.API)
    ended = operator.end_delegations(bench.add(end_permit(now=bench.now())), ["C-1", "C-77"])
    year = bench.now().year
    assert [[f"{year}", f"{year + 1}"]] * 2 == [[name[:4] for name in names] for names in ended.values()]
    found = api.find_consumer(bench.add(find_permit(now=bench.now())), ["C-1"])
    assert found["C-1"] == ended["C-1"]
    assert ended == api.end_delegations(bench.add(end_permit(now=bench.now())), ["C-1", "C-77"])
    for ids in ([], ["C"] * (END_MOST_IDS + 1)):
        with pytest.raises(VaultRefusedError):
            operator.end_delegations(bench.add(end_permit(now=bench.now())), ids)
    with pytest.raises(VaultRefusedError):
        operator.end_delegations(bench.add(find_permit(now=bench.now())), ["C-1"])
    with pytest.raises(VaultRefusedError):
        bench.client(CallerKind.WORKER).end_delegations(bench.add(end_permit(now=bench.now())), ["C-1"])
