"""The job aid's way, by forms alone: from the sign-in to the opened book and its end."""

from __future__ import annotations

import re
from datetime import timedelta

from sqlalchemy import update

from book.reopen import reopen
from house.wiring import WorkerHouse
from runtime.clock import rfc3339
from runtime.database import writing
from store.tables import sessions
from tests.api.callers import Desk
from tests.api.surfing import Surfer, a_surfer, signed_in_surfer
from tests.installation import Enrolled
from worker.pipeline import Pipeline

AGENT = "0B65625"
PURPOSE = "service-delegated-consumers"
SENTENCE = (
    "Filters change this list only. The exported Book of Business always holds all your active consumers."
)


def an_asked_book(surfer: Surfer, channel: str = "link") -> str:
    """Ask for a book by the form; return its id, with its page open."""
    surfer.open("/export")
    surfer.send("/export", purpose=PURPOSE, channel=channel, acknowledged="yes")
    return surfer.path.removeprefix("/books/")


def forget_factor(desk: Desk, agent: Enrolled) -> None:
    """Let a person's second factor be ten minutes old; the vault's clock stays."""
    then = rfc3339(desk.house.clock.now() - timedelta(minutes=10))
    with writing(desk.house.engine) as connection:
        connection.execute(update(sessions).where(sessions.c.person == agent.person.id).values(mfa_at=then))


def test_the_whole_way_works_without_script(desk: Desk, worker: WorkerHouse) -> None:
    """Sign in, Delegations, Active Consumers, export, download, passphrase, revoke, sign out."""
    agent = desk.home.enrol(AGENT)
    surfer = a_surfer(desk)
    surfer.open("/")
    surfer.sign_in(agent)
    assert (200, "/dashboard") == (surfer.status, surfer.path)
    surfer.open(surfer.page.links["Delegations"])
    surfer.open(surfer.page.links["Active Consumers"])
    sentence = (
        "Filters change this list only. The exported Book of Business always holds all your active consumers."
    )
    assert sentence in surfer.page.text
    surfer.open(surfer.page.links["Export Book of Business"])
    surfer.send("/export", purpose=PURPOSE, acknowledged="yes")
    book = surfer.path
    assert "Being prepared" in surfer.page.text
    Pipeline(worker).advance(book.removeprefix("/books/"))

    surfer.open(surfer.page.links["Refresh"])
    assert "Ready" in surfer.page.text
    form = surfer.page.form(f"{book}/download")
    file = surfer.post(f"{book}/download", form.fields)
    surfer.open(book)
    assert "Downloaded" in surfer.page.text
    assert "You can download it 2 more times" in surfer.page.text
    surfer.send(f"{book}/passphrase")
    shown = re.search(r"(?:[a-z0-9]{4}-){3}[a-z0-9]{4}", surfer.page.text)
    assert shown is not None
    assert reopen(file.content, shown[0]).startswith(b"PK")
    assert " dash" in surfer.page.text

    surfer.open(book)
    assert shown[0] not in surfer.page.text
    surfer.open(surfer.page.links["Revoke this book"])
    assert "can’t be recalled" in surfer.page.text
    surfer.send(f"{book}/revoke")
    assert (book, True) == (surfer.path, "Revoked" in surfer.page.text)
    surfer.open("/books")
    assert "Revoked" in surfer.page.text
    surfer.send("/sign-out")
    surfer.open("/books")
    assert "/sign-in" == surfer.path


def test_a_mailed_book_asks_for_the_mail_and_then_the_passphrase(desk: Desk, worker: WorkerHouse) -> None:
    """A mailed book has no download; its passphrase is revealed here."""
    surfer = signed_in_surfer(desk, AGENT)
    book = an_asked_book(surfer, "email")
    Pipeline(worker).advance(book)

    page = surfer.open(f"/books/{book}")

    assert "Mailed" in page.text
    assert f"/books/{book}/download" not in [form.action for form in page.forms]
    surfer.send(f"/books/{book}/passphrase")
    assert re.search(r"(?:[a-z0-9]{4}-){3}[a-z0-9]{4}", surfer.page.text)
    assert "Received" in surfer.page.text


def test_a_stale_second_factor_is_asked_for_at_the_button(desk: Desk, worker: WorkerHouse) -> None:
    """After five minutes the forms ask for a code; a wrong one is an error there, a right one goes on."""
    agent = desk.home.enrol(AGENT)
    surfer = signed_in_surfer(desk, AGENT)
    book = an_asked_book(surfer)
    Pipeline(worker).advance(book)
    forget_factor(desk, agent)
    surfer.open(f"/books/{book}")

    surfer.send(f"/books/{book}/passphrase")
    assert (422, True) == (surfer.status, "Enter the six digits" in surfer.page.text)
    surfer.send(f"/books/{book}/passphrase", totp="000000")
    assert (422, True) == (surfer.status, "That code isn’t right" in surfer.page.text)
    surfer.send(f"/books/{book}/passphrase", totp=desk.code(agent))
    assert (200, True) == (surfer.status, "with its hyphens" in surfer.page.text)


def test_two_clicks_are_one_export(desk: Desk) -> None:
    """The same form sent twice leads to the same book."""
    surfer = signed_in_surfer(desk, desk.an_agent().person.papers.licence)
    form = surfer.open("/export").form("/export")
    fields = form.fields | {"purpose": PURPOSE, "channel": "link", "acknowledged": "yes"}

    places = {surfer.post("/export", fields).url.path for _ in range(2)}

    assert 1 == len(places)


def test_the_export_form_says_what_is_missing_and_keeps_what_was_chosen(desk: Desk) -> None:
    """Errors stand at the fields and in a summary that leads to them; choices stay."""
    surfer = signed_in_surfer(desk, desk.an_agent().person.papers.licence)
    surfer.open("/export")

    page = surfer.send("/export", channel="email")

    assert 422 == surfer.status
    assert {"#purpose-own", "#acknowledged"} <= set(page.links.values())
    assert "email" == page.form("/export").fields["channel"]
    assert "purpose" not in page.form("/export").fields


def test_a_progress_page_holds_the_steps_alone(desk: Desk) -> None:
    """What the script fetches is the state and the steps, and fetching it keeps no session awake."""
    surfer = signed_in_surfer(desk, desk.an_agent().person.papers.licence)
    book = an_asked_book(surfer)

    answer = surfer.client.get(f"/books/{book}/progress")

    assert "Being prepared" in answer.text
    assert "<html" not in answer.text
    desk.house.clock.advance(minutes=10)
    surfer.client.get(f"/books/{book}/progress")
    desk.house.clock.advance(minutes=6)
    surfer.open(f"/books/{book}")
    assert "/sign-in" == surfer.path


def test_an_address_alone_changes_nothing(desk: Desk) -> None:
    """Whoever opens the address of a button comes to a page, and nothing is recorded of the book."""
    surfer = signed_in_surfer(desk, desk.an_agent().person.papers.licence)
    book = an_asked_book(surfer)
    before = len(desk.entries())

    for button in ("passphrase", "download", "revoke", "wrong", "sign-out"):
        surfer.open("/sign-out" if button == "sign-out" else f"/books/{book}/{button}")
        assert 200 == surfer.status

    assert before == len(desk.entries())


def test_anothers_book_is_not_there(desk: Desk) -> None:
    """Every page and button of another's book is "not found"."""
    book = an_asked_book(signed_in_surfer(desk, desk.an_agent().person.papers.licence))
    other = signed_in_surfer(desk, desk.an_agent().person.papers.licence)
    csrf = other.open("/dashboard").form("/sign-out").fields["csrf"]

    statuses = {other.post(f"/books/{book}/{button}", {"csrf": csrf}).status_code
                for button in ("passphrase", "download", "revoke")}  # fmt: skip
    for path in ("", "/revoke", "/wrong", "/progress"):
        other.open(f"/books/{book}{path}")
        statuses.add(other.status)

    assert {404} == statuses
