"""The worker is killed after each step of the walks "By mail" and "By link"; nothing is lost or doubled.

One installation with a real queue, a real vault, a real mail server and a real worker that
kills itself (SIGKILL, parent and pool) at one chosen crossing for each export. Whoever
finds the worker dead starts it again, as a supervisor would.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import pytest

from audit.bundle import write_bundle
from audit.reader import LedgerReader
from audit.verify import verify_bundle
from delivery.books import open_stored_book
from exports.export import Export
from exports.states import State, Step
from policies.actions import Action
from policies.gate import Ask, Who
from runtime.broker import ADVANCE, broker_client, wake
from runtime.database import reading
from store.exports import export_by_id
from tests.backends import a_broker
from tests.factories import stored_book
from tests.installation import Installation, an_installation
from tests.mail_server import MailServer, a_mail_server
from worker.service import resource_of

BEFORE_SENDING = (
    Step.PERMITTED, Step.OPENED, Step.SEALED, Step.STORED, Step.BUILT, Step.ADDRESSED, Step.SENT,
)  # fmt: skip
AFTER_SENDING = (Step.SENDING, Step.UNLOCKED, Step.ANSWERED)
BY_LINK = {"link-answered": Step.ANSWERED}
WIPED = "wiped"
AGENTS = ("0B65625", "0G96486")
PATIENCE_SECONDS = 240

pytestmark = pytest.mark.timeout(300)


@dataclass
class Aftermath:
    """What is left when every export came to rest."""

    home: Installation
    mail: MailServer
    export_of: dict[str, str]
    deaths: int
    who_of: dict[str, Who]

    def export(self, name: str) -> Export:
        """Return the export that died at a crossing."""
        with reading(self.home.api.engine) as connection:
            return export_by_id(connection, self.export_of[name])

    def mails(self, name: str) -> int:
        """Return how many mails carried an export's book."""
        marks = [re.search(rb"Message-ID: <([0-9a-f-]{36})\.", mail) for mail in self.mail.mails]
        return Counter(mark[1].decode() for mark in marks if mark)[self.export_of[name]]


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aftermath]:
    """Run every row of the table in one installation, and let it come to rest."""
    folder = tmp_path_factory.mktemp("faults")
    with an_installation(folder) as home, a_mail_server(folder) as mail:
        home.take_roster()
        home.publish(home.extract)
        crossing_of = {step.value: step for step in (*BEFORE_SENDING, *AFTER_SENDING)} | BY_LINK
        asked, who_of = _ask_for(home, [*crossing_of, WIPED])
        deaths_at = {asked[name]: step.value for name, step in crossing_of.items()}
        (home.data / "deaths.json").write_text(json.dumps(deaths_at))
        with a_broker(home.settings):
            for export in asked.values():
                wake(home.api.queue, ADVANCE, export)
            _wipe(home.settings.broker)
            deaths = _supervise(home, mail, lambda: _at_rest(home, asked))
        yield Aftermath(home, mail, asked, deaths, who_of)


def _ask_for(home: Installation, names: list[str]) -> tuple[dict[str, str], dict[str, Who]]:
    agents = cycle([home.sign_in(home.enrol(licence)) for licence in AGENTS])
    who_of = dict(zip(names, agents, strict=False))
    channel_of = {name: "link" if name in BY_LINK else "email" for name in names}
    return {name: home.ask(who, channel=channel_of[name]) for name, who in who_of.items()}, who_of


def _wipe(broker: str) -> None:
    """Lose the whole queue while every export waits in it."""
    with broker_client(broker) as client:
        client.flushall()


def _supervise(home: Installation, mail: MailServer, rest: Callable[[], bool]) -> int:
    """Keep a worker running until the house is at rest; return how often it died."""
    environment = os.environ | {
        "SEALEDBOOK_MAIL_HOST": "localhost",
        "SEALEDBOOK_MAIL_PORT": str(mail.port),
        "SEALEDBOOK_MAIL_SENDER": "books@exchange.example",
        "SEALEDBOOK_MAIL_CA": str(mail.authorities),
        "SEALEDBOOK_LEASE_SECONDS": "2",
        "SEALEDBOOK_SWEEP_SECONDS": "0.5",
        "SEALEDBOOK_ORPHAN_SECONDS": "6",
    }
    command = [sys.executable, "-m", "tests.worker.dying", "--data", str(home.data)]
    deadline = time.monotonic() + PATIENCE_SECONDS
    deaths = 0
    worker = subprocess.Popen(command, env=environment, start_new_session=True)
    try:
        while not rest():
            assert time.monotonic() < deadline, "the exports never came to rest"
            if worker.poll() is not None:
                deaths += 1
                worker = subprocess.Popen(command, env=environment, start_new_session=True)
            time.sleep(0.1)
    finally:
        worker.terminate()
        worker.wait(timeout=20)
    return deaths


def _at_rest(home: Installation, asked: dict[str, str]) -> bool:
    done = {State.SENT, State.UNKNOWN, State.FAILED}
    with reading(home.api.engine) as connection:
        states = [export_by_id(connection, export).state for export in asked.values()]
        unadopted = connection.exec_driver_sql(
            "SELECT count(*) FROM minted_books WHERE state IN ('permitted', 'destroying')"
        ).scalar_one()
    return all(state in done for state in states) and unadopted == 0


@pytest.mark.parametrize("step", BEFORE_SENDING)
def test_killed_outside_the_sending_window_ends_sent_with_one_mail(aftermath: Aftermath, step: Step) -> None:
    """A kill before `sending`, or after the recorded answer, costs time and nothing else."""
    assert (State.SENT, 1) == (aftermath.export(step.value).state, aftermath.mails(step.value))


@pytest.mark.parametrize("step", AFTER_SENDING)
def test_killed_inside_the_sending_window_ends_unknown_with_at_most_one_mail(
    aftermath: Aftermath, step: Step
) -> None:
    """A kill between `sending` and the recorded answer leaves `unknown`, for a person to resolve."""
    assert State.UNKNOWN == aftermath.export(step.value).state
    assert aftermath.mails(step.value) == (1 if step is Step.ANSWERED else 0)


@pytest.mark.parametrize("name", BY_LINK)
def test_a_book_by_link_is_there_although_its_notice_was_killed(aftermath: Aftermath, name: str) -> None:
    """Nobody knows whether the notice went; it isn't sent again, and the book opens for its agent."""
    export, house = aftermath.export(name), aftermath.home.api
    with house.gate.transaction(aftermath.who_of[name]) as tx:
        permit = tx.decide(Ask(action=Action.DOWNLOAD_BOOK, resource=resource_of(export.id)))
    book = open_stored_book(permit.grant(), house.vault.download_book(permit.index), house.objects)

    assert (State.UNKNOWN, 1) == (export.state, aftermath.mails(name))
    assert export.book_digest == hashlib.sha256(book).hexdigest()


def test_a_wiped_queue_loses_no_export(aftermath: Aftermath) -> None:
    """The database is the truth: an export whose message was lost is sent, once."""
    assert (State.SENT, 1) == (aftermath.export(WIPED).state, aftermath.mails(WIPED))


def test_the_worker_really_died_at_every_crossing(aftermath: Aftermath) -> None:
    """Each row of the table killed the worker once."""
    died = {path.name.removeprefix("died-") for path in aftermath.home.data.glob("died-*")}

    expected = {export for name, export in aftermath.export_of.items() if name != WIPED}
    assert expected == died
    assert len(expected) == aftermath.deaths


def test_no_key_is_left_unadopted(aftermath: Aftermath) -> None:
    """The vault holds the keys of built books and of nothing that died on the way."""
    home = aftermath.home
    home.stop_vault()
    store = sqlite3.connect(home.settings.vault_home / "vault.db")
    try:
        held = {
            name.removeprefix("key:")
            for (name,) in store.execute("SELECT name FROM secrets WHERE secret IS NOT NULL")
            if name.startswith("key:")
        }
    finally:
        store.close()
        home.start_vault()

    exports = [aftermath.export(name) for name in aftermath.export_of]
    assert {f"{export.id}.{export.built_fencing}" for export in exports} == held


def test_stored_objects_are_those_of_built_books(aftermath: Aftermath) -> None:
    """A book that was put but never recorded is gone with its key."""
    exports = [aftermath.export(name) for name in aftermath.export_of]

    assert sorted(stored_book(export) for export in exports) == aftermath.home.api.objects.names("books/")


def test_the_ledger_verifies_offline_after_all_that(aftermath: Aftermath, tmp_path: Path) -> None:
    """Every kill left a ledger that an outsider can verify, pinned to the installation's key."""
    home = aftermath.home
    note = home.api.vault.sign()
    vkey = (home.data / "vkey").read_text().strip()
    write_bundle(LedgerReader(home.api.engine), tmp_path / "bundle", vkey, note)

    verdict = verify_bundle(tmp_path / "bundle", vkey=vkey, since=None)

    assert verdict.pinned
