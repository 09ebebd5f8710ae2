"""An import's desk: pseudonyms for as many ids at a time as its caller has, until the permit expires."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.vault.factories import a_house
from vault.desks import MOST_OPEN, Desks
from vault.errors import Code, RefusalError
from vault.framing import decode_bytes
from vault.keeper import Tries
from vault.messages import Request
from vault.pseudonyms import PseudonymKind, derive_pseudonyms
from vault.table import Call, CallerKind

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
KEY = bytes(range(32))


def test_a_desk_gives_what_its_years_key_makes() -> None:
    """In one go or in many, the pseudonyms are those of the year's key, in the ids' order."""
    desks = Desks()
    name = desks.open(KEY, LATER, NOON)
    ids = ("C-1", "C-2", "C-3")
    whole = decode_bytes(desks.derive(name, "consumer", ids, NOON)()["pseudonyms"])
    parts = [decode_bytes(desks.derive(name, "consumer", (one,), NOON)()["pseudonyms"]) for one in ids]
    assert derive_pseudonyms(KEY, PseudonymKind.CONSUMER, ids) == whole == b"".join(parts)
    assert whole != decode_bytes(desks.derive(name, "case", ids, NOON)()["pseudonyms"])


def test_a_desk_ends_with_its_permit() -> None:
    """From the moment of expiry on nothing is derived."""
    desks = Desks()
    name = desks.open(KEY, LATER, NOON)
    desks.derive(name, "consumer", ("C-1",), LATER - timedelta(microseconds=1))
    with pytest.raises(RefusalError):
        desks.derive(name, "consumer", ("C-1",), LATER)


def test_nobody_else_knows_a_desks_name() -> None:
    """Another name, another kind, or a name that is no ASCII opens nothing."""
    desks = Desks()
    name = desks.open(KEY, LATER, NOON)
    wrong_names = [(wrong, "consumer") for wrong in (name[:-1] + "x", "", "é" * 64)]
    for wrong, kind in [*wrong_names, (name, "person")]:
        with pytest.raises(RefusalError) as caught:
            desks.derive(wrong, kind, ("C-1",), NOON)
        assert caught.value.code is Code.MISFIT


def test_the_oldest_desk_gives_way() -> None:
    """There are never more desks than the most, and the newest ones stay."""
    desks = Desks()
    names = [desks.open(KEY, LATER, NOON) for _ in range(MOST_OPEN + 1)]
    assert len(set(names)) == len(names)
    with pytest.raises(RefusalError):
        desks.derive(names[0], "consumer", ("C-1",), NOON)
    desks.derive(names[1], "consumer", ("C-1",), NOON)


def test_an_agents_api_cant_ask_at_a_desk(tmp_path: Path) -> None:
    """The API's credential isn't one for desks, even with the right name."""
    house = a_house(tmp_path)
    desk = house.import_snapshot().body["desk"]
    assert house.pseudonyms(desk, "C-1").code is Code.OPENED
    request = Request(
        call=Call.PSEUDONYMS,
        credential=house.founding.credentials[CallerKind.API],
        texts={"desk": desk, "kind": "consumer"},
        lists={"ids": ("C-1",)},
    )
    assert house.keeper.answer(request, Tries()).code is Code.CALLER


def test_a_desk_is_gone_with_the_process(tmp_path: Path) -> None:
    """After a restart the desk isn't there; the import is begun anew."""
    house = a_house(tmp_path)
    desk = house.import_snapshot().body["desk"]
    house.store.close()
    house.open()
    assert (Code.MISFIT, "desk") == (house.pseudonyms(desk, "C-1").code, house.pseudonyms(desk, "C-1").field)
