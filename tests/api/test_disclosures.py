"""What was disclosed of a consumer: every book and page, proved to somebody who has the key alone."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from api.disclosures import PAGE_UNPROVED
from audit.bundle import read_head_of
from audit.entry import Entry
from audit.events import Event
from audit.proofs import verify_inclusion
from audit.shown import kept_shown
from audit.tables import ledger_shown
from audit.tree import leaf_hash
from house.reconciling import reconcile
from house.wiring import WorkerHouse
from identity.people import Role
from runtime.database import reading, writing
from snapshot.tables import delegation_ends
from tests.api.callers import Caller, Desk
from tests.api.listed import AGENT, PLANTED, some_extract
from tests.api.reviewers import a_member
from tests.installation import Installation, an_installation
from tests.mail_server import MailServer, a_mail_server
from tests.worker.houses import a_worker
from worker.pipeline import Pipeline

ASKED, ENDS, SEARCH = "/v1/audit/disclosures", "/v1/delegations/ended", "/v1/consumers/search"
CONSUMER, OTHER = "9999999999", "9000000001"
LAPSED = "0F85573"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation whose snapshot holds many rows of one agent."""
    folder = tmp_path_factory.mktemp("disclosures")
    with an_installation(folder) as installation:
        installation.take_roster()
        installation.publish(some_extract(folder / "extract.csv"))
        yield installation


@pytest.fixture(scope="module")
def worker(home: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerHouse]:
    """The worker's house."""
    with a_mail_server(tmp_path_factory.mktemp("mail")) as mail, a_worker(home, mail) as opened:
        assert isinstance(mail, MailServer)
        yield opened


def _a_book(home: Installation, worker: WorkerHouse) -> str:
    export = home.ask(home.sign_in(home.enrol(AGENT)))
    Pipeline(worker).advance(export)
    return export


def _told(reviewer: Caller, consumer: str = CONSUMER, **more: Any) -> dict[str, Any]:
    answer = reviewer.post(ASKED, {"consumer": consumer, **more})
    assert 200 == answer.status_code, answer.text
    told: dict[str, Any] = answer.json()
    return told


def _check(told: dict[str, Any], item: dict[str, Any]) -> None:
    """Verify an item's proofs as an outsider with the key."""
    head = read_head_of(told["vkey"], told["checkpoint"])
    encoded = item["encoded"].encode()
    path = [base64.b64decode(step) for step in item["inclusion"]]
    verify_inclusion(leaf_hash(encoded), item["entry"], head.size, path, head.root)
    consumers = Entry.decode(encoded).consumers
    proof = item["proof"]
    assert consumers is not None
    leaf = leaf_hash(bytes.fromhex(proof["salt"]) + proof["pseudonym"].encode())
    path = [base64.b64decode(step) for step in proof["inclusion"]]
    verify_inclusion(leaf, proof["index"], proof["size"], path, bytes.fromhex(consumers.root))
    assert (proof["salt"], consumers.count) == (Entry.decode(encoded).salt, proof["size"])


def test_a_book_is_told_with_its_recipient_columns_and_proofs(
    desk: Desk, home: Installation, worker: WorkerHouse
) -> None:
    """Who has the ledger's key alone finds the consumer in the book's entry, and that in the ledger."""
    export = _a_book(home, worker)
    told = _told(a_member(desk))
    (interval,) = told["intervals"]
    assert (AGENT, None) == (interval["agent"], interval["ends_as_of"])
    (item,) = (one for one in told["items"] if one["export"] == export)
    _check(told, item)
    assert ("book", "agent", 70, None) == (
        item["kind"], item["profile"], len(item["columns"]), item["unproved"],
    )  # fmt: skip
    assert item["recipient"]["name"]
    assert item["recipient"]["business_address"]
    assert "service-delegated-consumers" == item["purpose"]
    assert ["SendBook"] == [one["action"] for one in item["handed_over"]]


def _pages(told: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in told["items"] if one["kind"] == "page"]


def _show_page(desk: Desk, **asked: str) -> int:
    """Show a page of the agent's list; return the index of the entry that says so."""
    assert 200 == desk.with_session(AGENT).post(SEARCH, asked).status_code
    return len(desk.entries()) - 2


def test_a_page_of_a_list_is_proved_to_have_shown_the_consumer(desk: Desk) -> None:
    """As a book is; a page that showed others alone isn't listed."""
    shown = _show_page(desk, query=PLANTED)
    others = _show_page(desk, query="Row 007")
    told = _told(a_member(desk))
    pages = {one["entry"]: one for one in _pages(told)}
    assert others not in pages
    page = pages[shown]
    _check(told, page)
    assert ("list", None, 1) == (page["profile"], page["unproved"], page["proof"]["size"])
    assert AGENT == page["agent"]
    assert page["recipient"]["name"]


def test_an_empty_page_disclosed_nobody(desk: Desk) -> None:
    """It is kept as one that showed nobody, and stands against nobody."""
    empty = _show_page(desk, query="no such name")
    assert empty not in {one["entry"] for one in _pages(_told(a_member(desk)))}
    with reading(desk.house.engine) as connection:
        assert {empty: b""} == kept_shown(connection, [empty])
        assert empty not in {one.index for one in reconcile(connection).differences}


@pytest.mark.parametrize("kept", [None, b"", b"cut off", bytes(18), bytes(36)])
def test_a_page_whose_consumers_were_lost_or_changed_is_not_proved(desk: Desk, kept: bytes | None) -> None:
    """It may have shown anybody of the agent's list; it says so here, and when everything is reconciled."""
    others = _show_page(desk, query="Row 007")
    with reading(desk.house.engine) as connection:
        before = kept_shown(connection, [others])[others]
        assert others not in {one.index for one in reconcile(connection).differences}
    row = ledger_shown.c["index"] == others
    change = ledger_shown.delete() if kept is None else ledger_shown.update().values(consumers=kept)
    with writing(desk.house.engine) as connection:
        connection.execute(change.where(row))
    (page,) = (one for one in _pages(_told(a_member(desk))) if one["entry"] == others)
    assert (None, PAGE_UNPROVED) == (page["proof"], page["unproved"])
    with reading(desk.house.engine) as connection:
        (found,) = (one for one in reconcile(connection).differences if one.index == others)
    assert "kept of the page" in found.said
    with writing(desk.house.engine) as connection:
        connection.execute(ledger_shown.delete().where(row))
        connection.execute(ledger_shown.insert().values(index=others, consumers=before))


def test_a_refused_page_keeps_nobody(desk: Desk) -> None:
    """What wasn't shown leaves no list behind."""
    with reading(desk.house.engine) as connection:
        before = connection.execute(select(func.count()).select_from(ledger_shown)).scalar_one()
    assert 403 == desk.with_session(LAPSED).post(SEARCH, {}).status_code
    with reading(desk.house.engine) as connection:
        assert before == connection.execute(select(func.count()).select_from(ledger_shown)).scalar_one()


def test_who_was_withheld_was_not_disclosed(desk: Desk, home: Installation, worker: WorkerHouse) -> None:
    """A book after the feed doesn't count; the one before does; the others are proved in both."""
    before = _a_book(home, worker)
    ended = {"agent_license_number": AGENT, "consumer_id": CONSUMER, "ended_at": "2026-11-21T08:00:00-08:00"}
    assert 200 == a_member(desk, Role.OPERATOR).post(ENDS, {"ended": [ended]}).status_code
    after = _a_book(home, worker)
    reviewer = a_member(desk)
    mine = {one["export"] for one in _told(reviewer)["items"]}
    assert before in mine
    assert after not in mine
    others = _told(reviewer, OTHER)
    books = [one for one in others["items"] if one["export"] in {before, after}]
    assert 2 == len(books)
    for item in books:
        _check(others, item)


def test_a_time_bounds_what_is_told(desk: Desk, home: Installation, worker: WorkerHouse) -> None:
    """From inclusive, to exclusive."""
    _a_book(home, worker)
    later = (desk.house.clock.now() + timedelta(days=1)).isoformat()
    reviewer = a_member(desk)
    assert [] == _told(reviewer, OTHER, **{"from": later})["items"]
    assert _told(reviewer, OTHER, to=later)["items"]


def test_a_consumer_whom_nobody_knows_was_never_disclosed(desk: Desk) -> None:
    """The look-up is recorded all the same; the id stands in no entry."""
    told = _told(a_member(desk), "C-nobody-77")
    assert ([], []) == (told["intervals"], told["items"])
    looked = [entry for entry in desk.entries() if entry.event is Event.LOOKUP_REQUESTED][-1]
    assert b"C-nobody-77" not in looked.encode()


def test_only_reviewers_look_consumers_up(desk: Desk) -> None:
    """Neither operators nor agents; what they typed stands in no answer."""
    for caller in (a_member(desk, Role.OPERATOR), desk.with_session(AGENT)):
        answer = caller.post(ASKED, {"consumer": "C-secret"})
        assert 403 == answer.status_code
        assert "C-secret" not in answer.text
    answer = a_member(desk).post(ASKED, {"consumer": "C secret"})
    assert 422 == answer.status_code
    assert "C secret" not in json.dumps(answer.json())


def test_the_intervals_are_held_against_the_roots(
    desk: Desk, home: Installation, worker: WorkerHouse
) -> None:
    """Every book, page and feed fits; who takes a line out of the database is found by the entries."""
    _a_book(home, worker)
    _show_page(desk)
    with reading(desk.house.engine) as connection:
        sound = reconcile(connection)
    assert () == sound.differences
    assert 3 <= sound.books
    assert 1 <= sound.pages
    assert 1 == sound.feeds
    with writing(desk.house.engine) as connection:
        connection.execute(delegation_ends.delete())
    with reading(desk.house.engine) as connection:
        assert 3 <= len(reconcile(connection).differences)
