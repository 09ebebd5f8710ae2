"""Held shards: their keys outlive the snapshot's, under names of their own, and no call gives one out."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.entry import Entry, Resource
from audit.events import Event
from tests.vault.factories import House, a_house, a_permit, destroy_permit
from vault.errors import Code, RefusalError
from vault.framing import decode_bytes
from vault.holdings import Holdings
from vault.keys import Use, derive_key
from vault.table import Call, CallerKind

WORKER, OPERATOR, API = CallerKind.WORKER, CallerKind.OPERATOR, CallerKind.API
AGENT = "0A00001"
HELD = f"hold:A1:{AGENT}"


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Return a vault that minted attempt A1."""
    made = a_house(tmp_path)
    made.import_snapshot()
    return made


def hold_permit(*objects: str, attempt: str = "A1") -> Entry:
    """Return a permit to hold agents' shards of an attempt."""
    resource = Resource(kind="attempt", id=attempt)
    return a_permit(Event.HOLD_REQUESTED, action="HoldSnapshot", resource=resource, objects=objects or None)


def kept(house: House, name: str) -> bytes:
    """Return what the vault's store holds under a name."""
    return Holdings(house.store).open(name)


def test_a_held_key_outlives_the_snapshots_own(house: House) -> None:
    """It is the shard's own key; the answer holds the index's key and no more."""
    snapshot = kept(house, "snapshot:A1")
    answer = house.ask(OPERATOR, Call.HOLD_SNAPSHOT, hold_permit(HELD))
    house.ask(WORKER, Call.DESTROY, destroy_permit("snapshot:A1"))

    assert derive_key(snapshot, Use.SHARD, attempt="A1", agent=AGENT) == kept(house, HELD)
    assert {"index"} == set(answer.body)
    assert derive_key(snapshot, Use.INDEX, attempt="A1") == decode_bytes(answer.body["index"])
    with pytest.raises(RefusalError):
        kept(house, "snapshot:A1")


def test_a_hold_that_was_interrupted_is_asked_for_again(house: House) -> None:
    """Another permit finds the same key there and adds the other agent's."""
    house.ask(OPERATOR, Call.HOLD_SNAPSHOT, hold_permit(HELD))
    first = kept(house, HELD)
    again = house.ask(OPERATOR, Call.HOLD_SNAPSHOT, hold_permit(HELD, "hold:A1:0A00002"))

    assert Code.OPENED is again.code
    assert first == kept(house, HELD) != kept(house, "hold:A1:0A00002")


def test_a_permit_to_hold_opens_once(house: House) -> None:
    """The same permit a second time is spent."""
    index = house.ledger.append(hold_permit(HELD))
    codes = [house.ask(OPERATOR, Call.HOLD_SNAPSHOT, index).code for _ in range(2)]

    assert [Code.OPENED, Code.SPENT] == codes


def test_what_was_let_go_is_destroyed_for_good(house: House) -> None:
    """A record says so, and no later permit holds it again."""
    house.ask(OPERATOR, Call.HOLD_SNAPSHOT, hold_permit(HELD))
    (record,) = house.ask(WORKER, Call.DESTROY, destroy_permit(HELD)).body["records"]
    again = house.ask(OPERATOR, Call.HOLD_SNAPSHOT, hold_permit(HELD))

    assert f"object {HELD}\n" in record
    assert Code.DESTROYED is again.code
    with pytest.raises(RefusalError):
        kept(house, HELD)


def test_of_a_destroyed_snapshot_nothing_can_be_held(house: House) -> None:
    """Its key is gone, so that no shard's can be derived."""
    house.ask(WORKER, Call.DESTROY, destroy_permit("snapshot:A1"))

    assert Code.DESTROYED is house.ask(OPERATOR, Call.HOLD_SNAPSHOT, hold_permit(HELD)).code


@pytest.mark.parametrize("name", ["hold:A2:0A00001", "hold:A1:", "snapshot:A1", "hold:A1", "book:X1.1"])
def test_a_permit_holds_shards_of_its_own_snapshot_alone(house: House, name: str) -> None:
    """One object that is nothing of the sort, and nothing is held of the others either."""
    answer = house.ask(OPERATOR, Call.HOLD_SNAPSHOT, hold_permit(HELD, name))

    assert (Code.MISFIT, "objects") == (answer.code, answer.field)
    with pytest.raises(RefusalError):
        kept(house, HELD)


@pytest.mark.parametrize("kind", [WORKER, API])
def test_only_the_operators_console_may_hold(house: House, kind: CallerKind) -> None:
    """Neither worker nor portal, whatever permit they show."""
    assert Code.CALLER is house.ask(kind, Call.HOLD_SNAPSHOT, hold_permit(HELD)).code


def test_letting_go_names_no_object_and_opens_nothing(house: House) -> None:
    """A permit without objects is a misfit."""
    answer = house.ask(OPERATOR, Call.HOLD_SNAPSHOT, hold_permit())

    assert (Code.MISFIT, "objects") == (answer.code, answer.field)
