"""Somebody without a session: every page asks to sign in, and nothing they send is taken."""

from __future__ import annotations

import httpx2
import pytest
from playwright.sync_api import Browser

from house.wiring import House
from runtime.settings import Settings, load_settings
from tests.api.routes import NOTHINGS_ID, every_route
from tests.api.test_every_route import OPEN, leads_to_sign_in
from tests.browser.codes import Codes
from tests.browser.walker import a_walker
from tests.cli.serving import Served

GUARDED = [route for route in every_route() if str(route) not in OPEN]
PAGES = sorted({route.at() for route in GUARDED if route.is_page and route.is_reading})
POSTS = sorted({route.at() for route in GUARDED if not route.is_reading and route.method == "POST"})
WRONG_CODE = "000000"


def entries(served: Served) -> int:
    """Return how many entries the ledger has."""
    house = House(load_settings(served.data, Settings), "operator")
    try:
        return house.reader.head().size
    finally:
        house.close()


@pytest.mark.parametrize("is_scripted", [True, False], ids=["script", "forms"])
def test_every_page_asks_to_sign_in(served: Served, browser: Browser, *, is_scripted: bool) -> None:
    """Whatever page a stranger asks for, they come to the sign-in, and back there afterwards."""
    with a_walker(browser, served.url, is_scripted=is_scripted) as walker:
        for path in PAGES:
            walker.open(path)
            assert walker.path in {f"/sign-in?back={path}", "/sign-in"}
            assert "Sign in" == walker.heading


def test_whatever_a_stranger_sends_is_not_taken(served: Served) -> None:
    """Every form and call without a session is turned away, and the ledger has no entry of it."""
    before = entries(served)

    for path in POSTS:
        sent = {"csrf": "x" * 43, "purpose": "audit", "channel": "link", "acknowledged": "yes"}
        answer = httpx2.post(
            f"{served.url}{path}", data=sent, headers={"Accept": "text/html"}, trust_env=False
        )
        assert leads_to_sign_in(answer) or 401 == answer.status_code, path

    assert before == entries(served)


def test_a_wrong_code_is_wrong_without_saying_which(served: Served, browser: Browser, codes: Codes) -> None:
    """A wrong sign-in shows one sentence, the same for somebody who doesn't exist."""
    known = served.sign_in("other_agent")
    said = set()
    with a_walker(browser, served.url) as walker:
        walker.expected.add(401)
        for name in (known.username, "0X00000"):
            walker.open("/sign-in")
            person = type(known)(username=name, password="wrong", totp_secret=known.totp_secret)
            walker.sign_in(person, codes, code=WRONG_CODE)
            said.add(walker.page.locator(".summary").inner_text())
            assert name == walker.page.get_by_label("User name").input_value()
            assert "" == walker.page.get_by_label("Password").input_value()
    assert 1 == len(said)


def test_an_unknown_address_is_a_page_of_ours(served: Served, browser: Browser) -> None:
    """What isn't there is said in words, on a page with a way on."""
    with a_walker(browser, served.url) as walker:
        walker.expected.add(404)
        walker.open(f"/nothing/{NOTHINGS_ID}")
        assert "Page not found" == walker.heading
        walker.follow("Go to the sign-in page")
        assert "/sign-in" == walker.path
