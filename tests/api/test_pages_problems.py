"""What goes wrong is a page for people and a problem for programs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine

from api.app import make_app
from api.door import BODY_MAX_BYTES
from api.handlers import PROBLEM_OF, PROBLEM_OF_STATUS
from api.pages.faces import TITLES
from api.problems import MEDIA_TYPE, QUOTA, REFUSED, UNDECIDED
from house.passwords import Passwords
from tests.api.callers import LIGHT, Desk, a_licence
from tests.api.surfing import PageRead, a_surfer, signed_in_surfer
from vault.client import VaultClient

PURPOSE = "service-delegated-consumers"
HTML = {"Accept": "text/html"}


@contextmanager
def without_database(desk: Desk, folder: Path) -> Iterator[None]:
    """Let the house stand before a database that has nothing in it."""
    engine = desk.house.engine
    desk.house.__dict__["engine"] = create_engine(f"sqlite:///{folder / 'none.db'}")
    try:
        yield
    finally:
        desk.house.__dict__["engine"].dispose()
        desk.house.__dict__["engine"] = engine


def test_a_refusal_is_a_page_of_its_own(desk: Desk) -> None:
    """It says what can't be done, the rule in words, the clause, what to do, and a reference number."""
    agent = desk.an_agent(licence_expires_on=date(2026, 1, 1))
    surfer = signed_in_surfer(desk, agent.person.papers.licence)
    surfer.open("/export")

    page = surfer.send("/export", purpose=PURPOSE, channel="link", acknowledged="yes")

    assert 403 == surfer.status
    entry = len(desk.entries()) - 1
    for words in ("We can’t do that", "Your state license must be active", "Renew the licence", "R01",
                  "Service Center Agent Authentication Policy", f"Reference number {entry}",
                  "exchange contact"):  # fmt: skip
        assert words in page.text, words


def test_a_lapsed_paper_is_told_on_the_dashboard(desk: Desk) -> None:
    """The dashboard says what lapsed, what lapses within sixty days, and what to do."""
    agent = desk.an_agent(licence_expires_on=date(2026, 1, 1), certified_on=date(2025, 12, 20))

    page = signed_in_surfer(desk, agent.person.papers.licence).open("/dashboard")

    assert "State license: lapsed" in page.text
    assert "Exchange certification: lapses in 29 days" in page.text
    assert "Renew it with the California Department of Insurance." in page.text


def test_a_quota_is_a_page(desk: Desk) -> None:
    """The eleventh export of a day is told in words, with its rule."""
    surfer = signed_in_surfer(desk, a_licence(desk))
    for _ in range(11):
        surfer.open("/export")
        surfer.send("/export", purpose=PURPOSE, channel="link", acknowledged="yes")

    assert (429, True) == (surfer.status, "That’s as often as it may be" in surfer.page.text)


def test_an_unknown_address_is_a_page(desk: Desk) -> None:
    """A page says so, with the way on; a program gets the problem."""
    page = a_surfer(desk).open("/nowhere")

    assert "Page not found" in page.text
    answer = desk.client.get("/nowhere")
    assert (404, MEDIA_TYPE) == (answer.status_code, answer.headers["content-type"])


def test_the_json_door_stays_json(desk: Desk) -> None:
    """Under /v1 even a browser gets problems."""
    answer = desk.client.get("/v1/exports", headers=HTML)

    assert (401, MEDIA_TYPE) == (answer.status_code, answer.headers["content-type"])


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("DELETE", "/books", b"", 405),
        ("POST", "/export", b"a=1&a=2", 422),
        ("POST", "/export", b"a=%ff", 422),
        ("POST", "/export", b"\xff", 422),
        ("POST", "/export", b"&".join([b"a=1"] * 50), 422),
        ("POST", "/export", b"x" * (BODY_MAX_BYTES + 1), 413),
    ],
)
def test_damaged_forms_are_pages(desk: Desk, method: str, path: str, content: bytes, status: int) -> None:
    """Whatever is wrong with a form, a person reads words and nothing of what was sent."""
    surfer = signed_in_surfer(desk, a_licence(desk))
    kind = {"Content-Type": "application/x-www-form-urlencoded"}

    answer = surfer.client.request(method, path, content=content, headers=HTML | kind)

    assert status == answer.status_code
    assert [] == PageRead(answer.text).faults


def test_a_form_of_another_kind_is_not_read(desk: Desk) -> None:
    """JSON sent to a page is bad input."""
    surfer = signed_in_surfer(desk, a_licence(desk))

    assert 422 == surfer.client.post("/export", json={"csrf": "x"}, headers=HTML).status_code


def test_what_cant_be_recorded_is_said_and_not_done(desk: Desk) -> None:
    """With a full disk the form is answered by a page with 503, and no book is there."""
    surfer = signed_in_surfer(desk, a_licence(desk))
    surfer.open("/export")
    with desk.with_full_disk():
        page = surfer.send("/export", purpose=PURPOSE, channel="link", acknowledged="yes")

    assert (503, True) == (surfer.status, "can’t be recorded" in page.text)
    assert "You have no books yet" in surfer.open("/books").text


def test_a_vault_that_doesnt_open_is_said(desk: Desk, published: object, tmp_path: Path) -> None:
    """Without the vault the list isn't shown, in words."""
    assert published
    surfer = signed_in_surfer(desk, "0B65625")
    desk.replace_vault(VaultClient(tmp_path / "none", "", desk.house.reader))

    page = surfer.open("/consumers")

    assert (503, True) == (surfer.status, "The key vault didn’t open" in page.text)


def test_a_database_that_is_gone_is_still_a_page(desk: Desk, tmp_path: Path) -> None:
    """The page of that failure asks the database nothing."""
    with without_database(desk, tmp_path):
        page = a_surfer(desk).open("/help")

    assert "Not available just now" in page.text


def test_a_broken_page_is_a_page(desk: Desk) -> None:
    """Whatever breaks, a person reads the request's number and no other word of it."""
    app = make_app(desk.house, Passwords(LIGHT))

    @app.get("/broken")
    def break_down() -> None:
        raise RuntimeError("Maria Fernandez")

    answer = TestClient(app).get("/broken", headers=HTML)

    page = PageRead(answer.text)
    assert (500, []) == (answer.status_code, page.faults)
    assert "Something broke on our side" in page.text
    assert answer.headers["x-request-id"] in page.text
    assert "Maria" not in answer.text


def test_every_problem_has_words_for_people() -> None:
    """No page shows a program's words: each problem that a page can meet has its own."""
    problems = [*PROBLEM_OF.values(), *PROBLEM_OF_STATUS.values(), REFUSED, QUOTA, UNDECIDED]
    codes = {problem.code for problem in problems}

    programs_only = {"signed-out", "idempotency-key", "watchers", "range", "cursor", "no-snapshot"}
    programs_only |= {"two-identities"}
    assert set() == codes - TITLES.keys() - programs_only
