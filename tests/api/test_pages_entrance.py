"""Signing in by the form, coming back to where one was, and the form's own protection."""

from __future__ import annotations

import pytest

from tests.api.callers import Desk, a_licence
from tests.api.surfing import a_surfer, signed_in_surfer

PAGES = ("/", "/dashboard", "/delegations", "/consumers", "/export", "/books", "/account", "/operator")


@pytest.mark.parametrize("path", [*PAGES, "/books/00000000-0000-4000-8000-000000000000"])
def test_every_page_asks_strangers_in(desk: Desk, path: str) -> None:
    """Without a session each page leads to the sign-in page."""
    surfer = a_surfer(desk)

    surfer.open(path)

    assert ("/sign-in", 200) == (surfer.path, surfer.status)


def test_after_signing_in_one_is_where_one_wanted_to_be(desk: Desk) -> None:
    """The sign-in page leads back to the page that was asked for."""
    surfer = a_surfer(desk)
    surfer.open("/books")

    surfer.sign_in(desk.an_agent())

    assert "/books" == surfer.path


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example/x", "/a/../b", "/books?x=1", "\\", "x"]
)
def test_sign_in_never_leads_elsewhere(desk: Desk, back: str) -> None:
    """Only a path of ours is gone back to."""
    surfer = a_surfer(desk)
    surfer.open("/sign-in")

    surfer.sign_in(desk.an_agent(), back=back)

    assert "/dashboard" == surfer.path


def test_a_wrong_sign_in_says_nothing_of_what_was_wrong(desk: Desk) -> None:
    """The name stays as typed, password and code don't, and all wrong tries read the same."""
    agent = desk.an_agent()
    surfer = a_surfer(desk)
    surfer.open("/sign-in")
    texts = set()
    for changed in ({"password": "something else"}, {"totp": "000000"}, {"username": "0ZZZZZZ9"}):
        page = surfer.sign_in(agent, **changed)
        fields = page.form("/sign-in").fields
        assert (401, "", "") == (surfer.status, fields["password"], fields["totp"])
        assert changed.get("username", agent.person.username) == fields["username"]
        texts.add(page.text)

    assert 1 == len(texts)
    assert "User name, password or code isn’t right." in texts.pop()


def test_an_empty_sign_in_says_what_to_enter(desk: Desk) -> None:
    """Missing fields are errors at the fields; nobody's sign-in is tried or recorded."""
    surfer = a_surfer(desk)
    surfer.open("/sign-in")
    before = len(desk.entries())

    page = surfer.send("/sign-in", username="somebody")

    assert (422, before) == (surfer.status, len(desk.entries()))
    assert {"#password", "#totp"} <= set(page.links.values())
    assert "somebody" == page.form("/sign-in").fields["username"]


@pytest.mark.parametrize("headers", [{"Sec_Fetch_Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_a_sign_in_form_from_elsewhere_is_turned_away(desk: Desk, headers: dict[str, str]) -> None:
    """A form that another site sent signs nobody in."""
    agent, surfer = desk.an_agent(), a_surfer(desk)
    fields = surfer.open("/sign-in").form("/sign-in").fields
    typed = {"username": agent.person.username, "password": agent.password, "totp": desk.code(agent)}

    answer = surfer.post("/sign-in", fields | typed, **headers)

    assert 403 == answer.status_code
    assert "session" not in surfer.client.cookies


def test_a_sign_in_form_needs_its_own_cookie(desk: Desk) -> None:
    """A token that isn't the cookie's signs nobody in."""
    agent, surfer = desk.an_agent(), a_surfer(desk)
    surfer.open("/sign-in")

    surfer.sign_in(agent, entry="A" * 43)

    assert (403, True) == (surfer.status, "out of date" in surfer.page.text)


def test_a_form_without_the_sessions_token_changes_nothing(desk: Desk) -> None:
    """Each form of a signed-in person is refused without its token, and with a wrong one."""
    surfer = signed_in_surfer(desk, a_licence(desk))
    paths = ["/export", "/consumers", "/sign-out", "/books/00000000-0000-4000-8000-000000000000/revoke"]
    before = len(desk.entries())

    answers = [
        surfer.post(path, {"acknowledged": "yes"} | token)
        for path in paths
        for token in ({}, {"csrf": ""}, {"csrf": "wrong"})
    ]

    assert {403} == {answer.status_code for answer in answers}
    assert before == len(desk.entries())


def test_what_was_chosen_outlives_the_session(desk: Desk) -> None:
    """A form that comes after the session's end is there again after signing in, and nothing was sent."""
    agent = desk.an_agent()
    surfer = signed_in_surfer(desk, agent.person.papers.licence)
    surfer.open("/export")
    desk.house.clock.advance(minutes=16)

    surfer.send("/export", purpose="service-delegated-consumers", channel="email", acknowledged="yes")
    assert (401, True) == (surfer.status, "Your session has ended" in surfer.page.text)
    surfer.sign_in(agent, totp="000000")
    surfer.sign_in(agent)
    surfer.send("/export")

    fields = surfer.page.form("/export").fields
    assert ("service-delegated-consumers", "email") == (fields["purpose"], fields["channel"])
    assert "acknowledged" not in fields
    surfer.open("/books")
    assert "You have no books yet" in surfer.page.text


def test_a_form_from_elsewhere_is_kept_for_nobody(desk: Desk) -> None:
    """What another site posts isn't carried through a sign-in."""
    surfer = a_surfer(desk)

    answer = surfer.post("/export", {"purpose": "planted-elsewhere"}, Sec_Fetch_Site="cross-site")

    assert "/sign-in" == answer.url.path
    assert "planted-elsewhere" not in answer.text


def test_a_link_in_a_mail_finds_the_session_again(desk: Desk) -> None:
    """A browser that came from elsewhere keeps the Strict cookie back once; the page goes on by itself."""
    surfer = a_surfer(desk)

    page = surfer.open("/books", Sec_Fetch_Site="cross-site")

    assert (200, "/books") == (surfer.status, page.links["Continue"])


def test_who_is_signed_in_needs_no_sign_in_page(desk: Desk) -> None:
    """The sign-in page leads a signed-in person to their first page."""
    surfer = signed_in_surfer(desk, a_licence(desk))

    surfer.open("/sign-in")

    assert "/dashboard" == surfer.path


def test_the_entry_cookie_is_out_of_reach(desk: Desk) -> None:
    """It is HttpOnly and SameSite=Strict, and opens nothing."""
    answer = a_surfer(desk).client.get("/sign-in")

    parts = set(answer.headers["set-cookie"].split("; ")[1:])
    assert {"HttpOnly", "Path=/", "SameSite=strict"} == parts
