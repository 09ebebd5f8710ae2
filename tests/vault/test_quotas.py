"""Quotas: how much one stolen credential opens, and that honest callers get theirs again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from audit.entry import Actor
from tests.vault.factories import (
    ORIGIN,
    House,
    a_house_with_a_book,
    book_permit,
    factor_permit,
    find_permit,
)
from tests.vault.fakes import MemoryLedger
from tests.vault.process import a_vault_process
from vault import batches
from vault.ceremony import create_vault
from vault.client import VaultClient
from vault.errors import Code, VaultRefusedError
from vault.home import HomeError
from vault.keeper import Keeper
from vault.messages import Answer
from vault.quotas import QUOTAS, QUOTAS_NAME, QUOTAS_OF_ONE, Quota, read_quotas
from vault.table import ROWS, Call, CallerKind

API, WORKER = CallerKind.API, CallerKind.WORKER


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Return a vault with a book whose key may be had twice a minute and thrice an hour."""
    made = a_house_with_a_book(tmp_path)
    quotas = {**QUOTAS, Call.DOWNLOAD_BOOK: Quota(minute=2, hour=3)}
    made.keeper = Keeper(made.store, made.clock, made.machine, quotas)
    return made


def download(house: House) -> Code:
    """Ask for the book's key under a fresh permit."""
    permit = book_permit(Call.DOWNLOAD_BOOK, now=house.clock.now())
    return house.ask(API, Call.DOWNLOAD_BOOK, permit).code


def test_every_row_has_a_quota() -> None:
    """No call that opens something is without a bound."""
    assert ROWS.keys() == QUOTAS.keys()
    assert all(quota.minute <= quota.hour for quota in [*QUOTAS.values(), *QUOTAS_OF_ONE.values()])


def test_beyond_a_minute_s_and_an_hour_s_quota_nothing_opens(house: House) -> None:
    """Two open in one minute, a third in the next, and none more within the hour."""
    found = [download(house) for _ in range(3)]
    house.machine.advance(minutes=1)
    found += [download(house) for _ in range(2)]
    house.machine.advance(minutes=58)
    found.append(download(house))
    house.machine.advance(minutes=1)
    found.append(download(house))

    opened, quota = Code.OPENED, Code.QUOTA
    assert [opened, opened, quota, opened, quota, quota, opened] == found


def test_a_refused_permit_stays_unspent_and_the_alarm_counts(house: House) -> None:
    """What came too often opens later; `status` tells how often it was refused."""
    for _ in range(2):
        download(house)
    permit = house.ledger.append(book_permit(Call.DOWNLOAD_BOOK, life=timedelta(minutes=9)))
    refused = [house.ask(API, Call.DOWNLOAD_BOOK, permit).code for _ in range(2)]
    house.machine.advance(minutes=1)

    assert [Code.QUOTA, Code.QUOTA] == refused
    assert house.ask(API, Call.DOWNLOAD_BOOK, permit).code is Code.OPENED
    assert [("quota", 2)] == [
        (alarm["kind"], alarm["times"]) for alarm in house.keeper._status().body["alarms"]
    ]


def test_what_is_refused_is_not_counted(house: House) -> None:
    """Spent permits and misfits use up nobody's quota, and neither does another kind of caller."""
    permit = house.ledger.append(book_permit(Call.DOWNLOAD_BOOK))
    first = [house.ask(API, Call.DOWNLOAD_BOOK, permit).code for _ in range(5)]
    worker = [house.ask(WORKER, Call.SEND_BOOK, book_permit(Call.SEND_BOOK)).code for _ in range(5)]

    assert [Code.OPENED, *[Code.SPENT] * 4] == first
    assert [Code.OPENED] * 5 == worker
    assert download(house) is Code.OPENED


def test_a_clock_that_jumps_locks_nobody_out(house: House) -> None:
    """Counts of minutes to come are dropped when the clock goes back."""
    for _ in range(2):
        download(house)
    house.machine.advance(minutes=-600)

    assert download(house) is Code.OPENED


def test_look_ups_are_counted_for_each_person(tmp_path: Path) -> None:
    """One reviewer's zeal leaves another's look-ups alone."""
    house = a_house_with_a_book(tmp_path)

    def find(person: str) -> Answer:
        actor = Actor(kind="person", id=person, role="reviewer")
        return house.ask(
            API,
            Call.FIND_CONSUMER,
            find_permit(actor=actor),
            texts={"kind": "consumer"},
            lists={"ids": ("C-1",)},
        )

    most = QUOTAS_OF_ONE[Call.FIND_CONSUMER].minute
    found = [find("rita").code for _ in range(most + 1)]

    assert [Code.OPENED] * most + [Code.QUOTA] == found
    assert find("ruth").code is Code.OPENED


def test_the_process_keeps_an_installation_s_own_numbers(tmp_path: Path) -> None:
    """With `quotas.toml` in the vault's folder a thief of a credential gets that many, batched or not."""
    home = tmp_path / "vault"
    founding = create_vault(home, ORIGIN)
    (home / QUOTAS_NAME).write_text("[enrol_factor]\nminute = 100\nhour = 3\n")
    ledger, now = MemoryLedger(), datetime.now(UTC)
    permits = [ledger.append(factor_permit(f"P{number}", now=now)) for number in range(6)]
    with a_vault_process(home) as process:
        thief = VaultClient(process.socket, founding.credentials[API], ledger)
        thief.enrol_factor(permits[0])
        outcomes = thief.open_many([batches.enrolling(permit) for permit in permits[1:]])
        codes = [one.error.code if one.error else Code.OPENED for one in outcomes]
        with pytest.raises(VaultRefusedError, match="wait"):
            thief.enrol_factor(permits[5])
        process.kill()
        process.start()
        with pytest.raises(VaultRefusedError):
            thief.enrol_factor(permits[5])
        alarms = {alarm.kind: alarm.times for alarm in thief.status().alarms}

    assert [Code.OPENED] * 2 + [Code.QUOTA] * 3 == codes
    assert {"quota": 5} == alarms


@pytest.mark.parametrize(
    "text",
    [
        "[reveal]\nminute = 1\nhour = 1\n",
        "[sign]\nminute = 1\nhour = 1\n",
        "[send_book]\nminute = 1\n",
        "[send_book]\nminute = 1\nhour = -1\n",
        "[send_book]\nminute = 1\nhour = true\n",
        "[send_book]\nminute = 1\nhour = 1\nday = 1\n",
        "send_book = 3\n",
        "nonsense",
    ],
)
def test_numbers_that_cannot_be_meant_stop_the_start(tmp_path: Path, text: str) -> None:
    """Another call, a number missing or more than there are, and what is no TOML are HomeErrors."""
    (tmp_path / QUOTAS_NAME).write_text(text)

    with pytest.raises(HomeError, match=QUOTAS_NAME):
        read_quotas(tmp_path)


def test_without_a_file_the_numbers_are_the_vault_s_own(tmp_path: Path) -> None:
    """The defaults hold where nobody set others; what is set replaces that call's alone."""
    assert read_quotas(tmp_path) == QUOTAS

    (tmp_path / QUOTAS_NAME).write_text("[send_book]\nminute = 1\nhour = 2\n")

    assert {**QUOTAS, Call.SEND_BOOK: Quota(minute=1, hour=2)} == read_quotas(tmp_path)
