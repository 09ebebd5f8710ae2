"""The keeper and its head: races, rollbacks, forks, restored copies, signatures."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from audit.checkpoint import SigningKey, VerifierKey, read_checkpoint, sign_checkpoint
from tests.vault.factories import (
    ORIGIN,
    House,
    a_house,
    a_house_with_a_book,
    book_permit,
    destroy_permit,
    publication,
)
from tests.vault.fakes import MemoryLedger
from vault.ceremony import create_vault
from vault.errors import Code
from vault.home import STORE_NAME
from vault.keeper import Tries
from vault.messages import Request
from vault.table import Call, CallerKind

API, WORKER, OPERATOR = CallerKind.API, CallerKind.WORKER, CallerKind.OPERATOR


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Return a vault that minted attempt A1 and book X1 with fencing token 1."""
    return a_house_with_a_book(tmp_path)


def alarms(house: House) -> list[str]:
    """Return the kinds of alarm that were raised."""
    return [alarm["kind"] for alarm in house.keeper.answer(Request(call=Call.STATUS), Tries()).body["alarms"]]


def test_two_honest_callers_who_race_are_both_answered(house: House) -> None:
    """Each read the ledger before the other moved V: the second is told V and then answered."""
    first = house.asker(WORKER, Call.SEND_BOOK, book_permit(Call.SEND_BOOK))
    first.read()
    second = house.asker(API, Call.DOWNLOAD_BOOK, book_permit(Call.DOWNLOAD_BOOK))
    second.seen = first.seen = house.keeper.head.size
    first.read()
    second.read()
    house.ledger.append(publication())
    house.ask(API, Call.SIGN)

    assert (first.show().code, second.show().code) == (Code.STALE, Code.STALE)
    assert (first.ask().code, second.ask().code) == (Code.OPENED, Code.OPENED)
    assert alarms(house) == []


def test_a_rolled_back_ledger_opens_and_destroys_nothing_and_says_why(house: House) -> None:
    """Three times the same V in one call: alarm, refusal; the true ledger goes on as before."""
    permit = house.ledger.append(book_permit(Call.SEND_BOOK))
    shred = house.ledger.append(destroy_permit("export:X1"))
    house.ledger.append(publication())
    house.ask(API, Call.SIGN)
    old = house.ledger.earlier(shred + 1)

    assert house.ask(WORKER, Call.SEND_BOOK, permit, ledger=old).code is Code.ROLLED_BACK
    assert house.ask(WORKER, Call.DESTROY, shred, ledger=old).code is Code.ROLLED_BACK
    assert alarms(house) == [Code.ROLLED_BACK]
    assert house.ask(WORKER, Call.SEND_BOOK, permit).code is Code.OPENED


def test_a_rewritten_ledger_is_a_fork_without_a_lock(house: House) -> None:
    """History that differs below V opens nothing, however long; the true one still opens."""
    true = house.ledger
    permit = true.append(book_permit(Call.SEND_BOOK))
    house.ask(API, Call.SIGN)
    forged = MemoryLedger([b"other", *true.entries[1:], *true.entries])

    assert house.ask(WORKER, Call.SEND_BOOK, permit, ledger=forged).code is Code.FORK
    assert alarms(house) == [Code.FORK]
    assert house.ask(WORKER, Call.SEND_BOOK, permit).code is Code.OPENED


def test_its_own_signature_beyond_v_locks_a_restored_copy(house: House) -> None:
    """Shown a head that it signed and doesn't remember, a vault locks, also after a restart."""
    house.ledger.append(publication())
    note = house.ask(API, Call.SIGN).body["checkpoint"]
    with house.store.change():
        house.store.put_fact("head_size", b"2")
        house.store.put_fact("head_root", house.ledger.head_at(2).root)
    house.ledger.notes[len(house.ledger.entries)] = note

    assert house.ask(WORKER, Call.SEND_BOOK, book_permit(Call.SEND_BOOK)).code is Code.BEHIND
    house.ledger.notes.clear()
    house.store.close()
    house.open()
    assert house.ask(WORKER, Call.SEND_BOOK, book_permit(Call.SEND_BOOK)).code is Code.BEHIND
    assert house.keeper.answer(Request(call=Call.STATUS), Tries()).body["locked"]


def test_a_foreign_signature_does_not_lock(house: House) -> None:
    """Nobody else's key, and nobody else's name, can make a vault believe that it is a copy."""
    other = create_vault(house.home.parent / "other", ORIGIN)
    stranger = a_house(house.home.parent / "stranger")
    key: SigningKey = stranger.keeper._key
    house.ledger.notes[99] = sign_checkpoint(ORIGIN, replace(house.keeper.head, size=99), key)

    assert other.vkey != stranger.founding.vkey
    assert house.ask(WORKER, Call.SEND_BOOK, book_permit(Call.SEND_BOOK)).code is Code.OPENED


def test_a_store_from_a_backup_answers_nothing_but_its_state(house: House) -> None:
    """A restored store beside the present counter is locked from the start."""
    house.store.close()
    backup = house.home.parent / "backup.db"
    shutil.copy(house.home / STORE_NAME, backup)
    house.open()
    house.ask(WORKER, Call.SEND_BOOK, book_permit(Call.SEND_BOOK))
    house.store.close()
    shutil.copy(backup, house.home / STORE_NAME)
    house.open()

    assert house.ask(API, Call.SIGN).code is Code.BEHIND
    assert house.keeper.answer(Request(call=Call.STATUS), Tries()).body["locked"]


def test_what_it_signs_is_the_head_it_moved_to(house: House) -> None:
    """The checkpoint verifies under the founding's vkey and names the ledger's own head."""
    house.ledger.append(publication())
    note = house.ask(OPERATOR, Call.SIGN).body["checkpoint"]
    expected = house.ledger.head_at(len(house.ledger.entries))

    assert (ORIGIN, expected) == read_checkpoint(note, VerifierKey.parse(house.founding.vkey))
