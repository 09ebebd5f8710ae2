"""Destruction records: signed, one an object, the same when asked again."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.checkpoint import NoteError, VerifierKey, open_note, read_checkpoint
from audit.tree import leaf_hash
from tests.vault.factories import ORIGIN, House, a_house_with_a_book, destroy_permit, factor_permit
from vault.errors import Code
from vault.table import Call, CallerKind

WORKER, OPERATOR, API = CallerKind.WORKER, CallerKind.OPERATOR, CallerKind.API


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Return a vault that minted attempt A1 and book X1 with fencing token 1."""
    return a_house_with_a_book(tmp_path)


def test_a_record_says_what_was_destroyed_under_which_permit(house: House) -> None:
    """The note verifies under the log's key and names origin, object, permit and time."""
    permit = destroy_permit("book:X1.1")
    (record,) = house.ask(WORKER, Call.DESTROY, permit).body["records"]
    key = VerifierKey.parse(house.founding.vkey)

    expected = [
        "sealed book destruction v1",
        f"origin {ORIGIN}",
        "object book:X1.1",
        f"permit {leaf_hash(permit.encode()).hex()}",
        "at 2026-11-21T12:00:00.000000Z",
    ]

    assert expected == open_note(record, key).splitlines()
    with pytest.raises(NoteError):
        read_checkpoint(record, key)


def test_asked_again_it_is_the_same_record(house: House) -> None:
    """By the same permit and by a later one, the record of the object is the first one."""
    index = house.ledger.append(destroy_permit("book:X1.1", "snapshot:A1"))
    first = house.ask(WORKER, Call.DESTROY, index).body["records"]
    house.clock.advance(seconds=1)
    again = house.ask(OPERATOR, Call.DESTROY, index).body["records"]
    later = house.ask(WORKER, Call.DESTROY, destroy_permit("snapshot:A1", "key:X1.1")).body["records"]

    assert first == again
    assert first[1] == later[0]
    assert later[1] not in first


def test_a_replayed_permit_destroys_nothing_new(house: House) -> None:
    """A spent permit for a factor doesn't touch the one that was enrolled afterwards."""
    index = house.ledger.append(destroy_permit("factor:P1"))
    first = house.ask(WORKER, Call.DESTROY, index).body["records"]
    house.ask(API, Call.ENROL_FACTOR, factor_permit("P1"))
    shredded = "SELECT count(*) FROM secrets WHERE name = 'factor:P1' AND secret IS NULL"

    assert first == house.ask(WORKER, Call.DESTROY, index).body["records"]
    assert house.store.connection.execute(shredded).fetchone() == (0,)


@pytest.mark.parametrize("object_id", ["book:X1", "book:X1.01", "year:26", "export:", "nothing", "book:.1"])
def test_what_names_nothing_destroys_nothing(house: House, object_id: str) -> None:
    """One bad id in a permit and none of its objects is destroyed."""
    answer = house.ask(WORKER, Call.DESTROY, destroy_permit("book:X1.1", object_id))
    held = house.store.connection.execute("SELECT count(*) FROM secrets WHERE secret IS NULL").fetchone()

    assert (answer.code, answer.field) == (Code.MISFIT, "objects")
    assert held == (0,)


def test_a_year_s_pseudonym_key_is_destroyed_after_ten_years(house: House) -> None:
    """Refused to the last day of the tenth year after; then it is gone, with a record."""
    stored = "SELECT secret FROM secrets WHERE name = 'year:2026'"
    (wrapped,) = house.store.connection.execute(stored).fetchone()
    late = house.clock.now().replace(year=2036, month=12, day=31)
    for now, code in ((house.clock.now(), Code.KEPT), (late, Code.KEPT), (late.replace(2037), Code.OPENED)):
        house.clock.moment = now
        answer = house.ask(WORKER, Call.DESTROY, destroy_permit("year:2026", now=now))

        assert code is answer.code

    assert open_note(answer.body["records"][0], VerifierKey.parse(house.founding.vkey))
    assert house.store.connection.execute(stored).fetchone() == (None,)
    assert not [path for path in house.home.iterdir() if wrapped in path.read_bytes()]
