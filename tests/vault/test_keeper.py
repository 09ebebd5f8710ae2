"""The keeper over a real store: what opens for whom, and what doesn't and why."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from audit.entry import Entry, SnapshotRef
from runtime.clock import rfc3339
from tests.vault.factories import (
    IMPORT_LISTS,
    NOON,
    PASSPHRASE,
    SNAPSHOT,
    House,
    a_house,
    a_house_with_a_book,
    book_permit,
    build_permit,
    destroy_permit,
    factor_permit,
    import_permit,
    publication,
    release_permit,
    view_permit,
)
from vault.errors import Code
from vault.marks import KEPT_AFTER_EXPIRY
from vault.messages import Answer
from vault.table import CALLERS_WITHOUT_PERMIT, ROWS, Call, CallerKind

API, WORKER, OPERATOR = CallerKind.API, CallerKind.WORKER, CallerKind.OPERATOR


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Return a vault that minted attempt A1 and book X1 with fencing token 1."""
    return a_house_with_a_book(tmp_path)


def test_the_book_that_is_built_opens_by_every_permitted_way(tmp_path: Path) -> None:
    """The key minted at build is the one for mail and link; the passphrase is the one kept."""
    house = a_house(tmp_path)
    imported = house.import_snapshot().body
    built = house.build_book().body
    mailed = house.ask(WORKER, Call.SEND_BOOK, book_permit(Call.SEND_BOOK)).body
    loaded = house.ask(API, Call.DOWNLOAD_BOOK, book_permit(Call.DOWNLOAD_BOOK)).body
    shown = house.ask(API, Call.REVEAL_PASSPHRASE, book_permit(Call.REVEAL_PASSPHRASE)).body
    listed = house.ask(API, Call.VIEW_CONSUMERS, view_permit(), publication()).body

    assert built["book"] == mailed["book"] == loaded["book"]
    assert shown["passphrase"] == PASSPHRASE
    assert imported["shard"][0] == built["shard"]
    assert imported["list"][0] == listed["list"]
    assert imported["index"] == built["index"] == listed["index"]
    assert len({*imported["shard"], *imported["list"], imported["index"], built["book"]}) == 6


PERMITS: dict[Call, Entry] = {
    Call.IMPORT_SNAPSHOT: import_permit("A2"),
    Call.BUILD_BOOK: build_permit(fencing=2),
    Call.SEND_BOOK: book_permit(Call.SEND_BOOK),
    Call.DOWNLOAD_BOOK: book_permit(Call.DOWNLOAD_BOOK),
    Call.REVEAL_PASSPHRASE: book_permit(Call.REVEAL_PASSPHRASE),
    Call.VIEW_CONSUMERS: view_permit(),
    Call.ENROL_FACTOR: factor_permit(),
    Call.RELEASE_FACTOR: release_permit(),
    Call.DESTROY: destroy_permit("book:X9.1"),
}


def ask_well(house: House, kind: CallerKind, call: Call) -> Answer:
    """Ask a call with all that it takes."""
    entries = [PERMITS[call], *([publication()] if call in {Call.BUILD_BOOK, Call.VIEW_CONSUMERS} else [])]
    texts = {Call.IMPORT_SNAPSHOT: {"attempt": "A2"}, Call.BUILD_BOOK: {"passphrase": PASSPHRASE}}
    lists = dict(IMPORT_LISTS) if call is Call.IMPORT_SNAPSHOT else {}
    return house.ask(kind, call, *entries, texts=texts.get(call, {}), lists=lists)


@pytest.mark.parametrize("call", PERMITS)
@pytest.mark.parametrize("kind", CallerKind)
def test_a_permit_opens_for_its_row_s_callers_only(house: House, kind: CallerKind, call: Call) -> None:
    """Each kind of caller gets what the table gives it, and a stolen credential no more."""
    expected = Code.OPENED if kind in ROWS[call].callers else Code.CALLER

    assert expected is ask_well(house, kind, call).code


def test_the_table_names_every_call() -> None:
    """Each call but `status` has its callers in one of the two tables."""
    assert set(Call) - {Call.STATUS} == ROWS.keys() | CALLERS_WITHOUT_PERMIT.keys()


def test_the_worker_does_not_get_the_passphrase_back(house: House) -> None:
    """With a permit that the API may spend, the worker's and operator's credentials get nothing."""
    index = house.ledger.append(book_permit(Call.REVEAL_PASSPHRASE))
    for kind in (WORKER, OPERATOR):
        answer = house.ask(kind, Call.REVEAL_PASSPHRASE, index)

        assert (answer.code, answer.body) == (Code.CALLER, {})

    assert house.ask(API, Call.REVEAL_PASSPHRASE, index).code is Code.OPENED


@pytest.mark.parametrize("credential", ["", "0" * 64])
def test_an_unknown_credential_opens_nothing(house: House, credential: str) -> None:
    """Without a credential of the vault's own there is no answer but that."""
    answer = house.ask(API, Call.DOWNLOAD_BOOK, book_permit(Call.DOWNLOAD_BOOK), credential=credential)

    assert answer == Answer(code=Code.CREDENTIAL)


def test_a_permit_is_spent_once_wherever_its_copy_stands(house: House) -> None:
    """The second opening and a byte-for-byte copy at another index are refused."""
    permit = book_permit(Call.SEND_BOOK)
    index = house.ledger.append(permit)

    assert house.ask(WORKER, Call.SEND_BOOK, index).code is Code.OPENED
    assert house.ask(WORKER, Call.SEND_BOOK, index).code is Code.SPENT
    assert house.ask(WORKER, Call.SEND_BOOK, permit).code is Code.SPENT


def test_a_refused_permit_is_not_spent(house: House) -> None:
    """A permit shown for the wrong thing can still be shown for the right one."""
    index = house.ledger.append(build_permit(fencing=2))
    other = publication(snapshot=SnapshotRef(as_of=rfc3339(NOON), revision=2, digest="ef" * 32))

    assert house.build_book(index, published=other).field == "snapshot"
    assert house.build_book(index).code is Code.OPENED


def test_minting_twice_is_refused_for_good(house: House) -> None:
    """An export's token and an attempt mint once, also after destruction; another token mints anew."""
    assert house.build_book().code is Code.EXISTS
    assert house.import_snapshot().code is Code.EXISTS
    assert house.ask(WORKER, Call.DESTROY, destroy_permit("book:X1.1", "snapshot:A1")).code is Code.OPENED
    assert house.import_snapshot().code is Code.EXISTS
    assert house.import_snapshot("A2").code is Code.OPENED
    assert house.build_book(published=publication("A2")).code is Code.EXISTS
    assert house.build_book(build_permit(fencing=2), published=publication("A2")).code is Code.OPENED


@pytest.mark.parametrize(
    ("object_id", "opens"),
    [
        ("book:X1.1", {"key": Code.DESTROYED, "passphrase": Code.DESTROYED}),
        ("key:X1.1", {"key": Code.DESTROYED, "passphrase": Code.OPENED}),
        ("passphrase:X1.1", {"key": Code.OPENED, "passphrase": Code.DESTROYED}),
        ("export:X1", {"key": Code.DESTROYED, "passphrase": Code.DESTROYED}),
        ("book:X1.2", {"key": Code.OPENED, "passphrase": Code.OPENED}),
    ],
)
def test_destroyed_is_destroyed_and_no_more(house: House, object_id: str, opens: dict[str, Code]) -> None:
    """Each kind of object id shreds what it names and leaves the rest."""
    assert house.ask(WORKER, Call.DESTROY, destroy_permit(object_id)).code is Code.OPENED

    key = house.ask(WORKER, Call.SEND_BOOK, book_permit(Call.SEND_BOOK)).code
    passphrase = house.ask(API, Call.REVEAL_PASSPHRASE, book_permit(Call.REVEAL_PASSPHRASE)).code

    assert opens == {"key": key, "passphrase": passphrase}


def test_a_destroyed_export_bars_later_mints(house: House) -> None:
    """A late worker with another token of that export mints nothing; other exports go on."""
    house.ask(WORKER, Call.DESTROY, destroy_permit("export:X1"))

    assert house.build_book(build_permit(fencing=2)).code is Code.BARRED
    assert house.build_book(build_permit("X2")).code is Code.OPENED


def test_what_was_destroyed_before_it_was_minted_stays_so(house: House) -> None:
    """A zombie whose book was swept away can't mint its key afterwards."""
    house.ask(WORKER, Call.DESTROY, destroy_permit("book:X1.7"))

    assert house.build_book(build_permit(fencing=7)).code is Code.EXISTS


def test_a_zombie_s_book_does_not_touch_the_stored_one(house: House) -> None:
    """A late worker with an older token mints beside: the newer token's passphrase stays."""
    assert house.build_book(build_permit(fencing=3)).code is Code.OPENED
    late = house.ask(
        WORKER,
        Call.BUILD_BOOK,
        build_permit(fencing=2),
        publication(),
        texts={"passphrase": "zombie"},
    )
    shown = house.ask(API, Call.REVEAL_PASSPHRASE, book_permit(Call.REVEAL_PASSPHRASE, fencing=3))

    assert late.code is Code.OPENED
    assert shown.body["passphrase"] == PASSPHRASE


def test_nothing_opens_after_its_expiry_or_too_long_before(house: House) -> None:
    """A permit lapses at its moment; one that outlives its row is refused until it is near enough."""
    index = house.ledger.append(book_permit(Call.SEND_BOOK, life=timedelta(minutes=16)))

    assert house.ask(WORKER, Call.SEND_BOOK, index).code is Code.TOO_LONG
    house.clock.advance(minutes=16)
    assert house.ask(WORKER, Call.SEND_BOOK, index).code is Code.EXPIRED
    house.clock.advance(minutes=-1)
    assert house.ask(WORKER, Call.SEND_BOOK, index).code is Code.OPENED


def test_dropped_marks_leave_a_floor_that_no_clock_can_lower(house: House) -> None:
    """A permit whose mark was dropped stays shut when the clock goes back; a later one opens."""
    index = house.ledger.append(book_permit(Call.SEND_BOOK))
    twin = house.ledger.append(book_permit(Call.SEND_BOOK))
    house.ask(WORKER, Call.SEND_BOOK, index)
    house.clock.advance(seconds=KEPT_AFTER_EXPIRY.total_seconds() + 400)
    house.ask(WORKER, Call.SEND_BOOK, book_permit(Call.SEND_BOOK, now=house.clock.now()))
    house.clock.moment = NOON

    assert house.ask(WORKER, Call.SEND_BOOK, index).code is Code.EXPIRED
    assert house.ask(WORKER, Call.SEND_BOOK, twin).code is Code.EXPIRED
    later = book_permit(Call.SEND_BOOK, life=timedelta(minutes=6))
    assert house.ask(WORKER, Call.SEND_BOOK, later).code is Code.OPENED


def test_pseudonyms_of_a_year_are_the_same_for_every_import(tmp_path: Path) -> None:
    """Two imports of a year agree; the next year's key makes others."""
    house = a_house(tmp_path)
    first, second = house.import_snapshot("A1").body, house.import_snapshot("A2").body
    house_made = [house.pseudonyms(each["desk"], "C-1", "C-2").body for each in (first, second)]
    house.clock.advance(days=60)
    third = house.import_snapshot("A3").body

    assert 2026 == first["year"] == second["year"]
    assert house_made[0] == house_made[1]
    assert third["year"] == 2027
    assert house_made[0] != house.pseudonyms(third["desk"], "C-1", "C-2").body
    assert SNAPSHOT.digest not in str(first)


def test_the_operator_enrols_in_a_demo_only(tmp_path: Path) -> None:
    """In a demo's vault the operator's credential makes second factors too."""
    demo, live = a_house(tmp_path / "demo", demo=True), a_house(tmp_path / "live")

    assert demo.ask(OPERATOR, Call.ENROL_FACTOR, factor_permit()).code is Code.OPENED
    assert live.ask(OPERATOR, Call.ENROL_FACTOR, factor_permit()).code is Code.CALLER
