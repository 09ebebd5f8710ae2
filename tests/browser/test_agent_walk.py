"""An agent's whole way in a real browser, with script and by forms alone.

Each of the two walks is a person of its own, so that neither uses up the other's codes.
"""

from __future__ import annotations

import hashlib
import re

import pytest
from playwright.sync_api import Browser, expect

from book.reopen import reopen
from tests.browser.codes import Codes
from tests.browser.conftest import Shoot
from tests.browser.walker import PHONE, WIDE, Walker, a_walker
from tests.cli.serving import Served

SENTENCE = (
    "Filters change this list only. The exported Book of Business always holds all your active consumers."
)
READY_MILLISECONDS = 60_000
PAGE_ROWS = 50
_PASSPHRASE = re.compile(r"(?:[a-z0-9]{4}-){3}[a-z0-9]{4}")


@pytest.mark.parametrize(("part", "is_scripted"), [("agent", True), ("other_agent", False)])
def test_agent_exports_opens_and_revokes_a_book(
    served: Served, browser: Browser, codes: Codes, shoot: Shoot, part: str, *, is_scripted: bool
) -> None:
    """Sign in, search, export by link, download, reveal, open, revoke and sign out."""
    person = served.sign_in(part)
    with a_walker(browser, served.url, is_scripted=is_scripted) as walker:
        walker.open("/")
        assert "/sign-in" == walker.path
        if is_scripted:
            shoot(walker, "sign-in")
        walker.sign_in(person, codes)
        assert ("/dashboard", "Agent Dashboard") == (walker.path, walker.heading)

        walker.follow("Delegations", "nav")
        walker.follow("Active Consumers")
        look_around(walker, shoot)

        walker.follow("Export Book of Business")
        if is_scripted:
            shoot(walker, "export")
        refuse_an_empty_form(walker)
        book = ask_for_a_book(walker)
        wait_until_ready(walker)
        if is_scripted:
            shoot(walker, "book")
        file = walker.save(walker.button("Download the book"))
        walker.open(book)
        assert "Downloaded" in walker.words
        assert hashlib.sha256(file).hexdigest() == walker.page.locator("details .digest").first.text_content()

        passphrase = reveal(walker, shoot)
        assert reopen(file, passphrase).startswith(b"PK")

        walker.open("/dashboard")
        if is_scripted:
            shoot(walker, "dashboard")
        walker.follow("My Books", "nav")
        assert walker.page.locator(f'a[href="{book}"]').is_visible()
        if is_scripted:
            shoot(walker, "my-books")
        revoke(walker, book)
        walker.press("Sign out")
        walker.open(book)
        assert f"/sign-in?back={book}" == walker.path
        assert all(passphrase not in address for address in walker.addresses)


def look_around(walker: Walker, shoot: Shoot) -> None:
    """Search, filter, sort and leaf through Active Consumers; nothing of it gets into an address."""
    rows = walker.page.locator("tbody tr")
    assert SENTENCE in walker.words
    if walker.is_scripted:
        shoot(walker, "active-consumers")
        walker.resize(PHONE)
        shoot(walker, "active-consumers-phone")
        walker.resize(WIDE)
    name = rows.first.locator("th").inner_text().partition(",")[0]
    walker.page.get_by_label("Name or case number").fill(name)
    walker.press("Search")
    assert all(name in one for one in rows.locator("th").all_inner_texts())
    walker.follow("Show all")
    walker.page.get_by_label("County").select_option(index=1)
    county = walker.page.get_by_label("County").input_value()
    walker.press("Search")
    assert {county} == set(rows.locator('[data-label="County"]').all_inner_texts())
    walker.follow("Show all")

    walker.page.locator('.sort[value="case_number"]').click()
    walker.page.wait_for_load_state()
    numbers = rows.locator('[data-label="Case number"]').all_inner_texts()
    assert sorted(numbers) == numbers
    walker.page.locator('.sort[value="-case_number"]').click()
    assert walker.page.locator('th[aria-sort="descending"]').is_visible()
    if len(numbers) == PAGE_ROWS:
        walker.press("Next page")
        assert "51 to" in walker.words
        walker.press("Previous page")
        assert "1 to 50" in walker.words
    assert len(numbers) == rows.count()
    assert "/consumers" == walker.path
    assert not any(name.lower() in address.lower() for address in walker.addresses)


def refuse_an_empty_form(walker: Walker) -> None:
    """An empty form comes back with a summary of what is missing, which leads to the fields."""
    walker.expected.add(422)
    walker.press("Export Book of Business")
    summary = walker.page.locator(".summary")
    assert "There is a problem" in summary.inner_text()
    summary.get_by_role("link").first.click()
    assert walker.page.url.endswith("#purpose-own")
    walker.expected.clear()


def ask_for_a_book(walker: Walker) -> str:
    """Fill the form and send it; return the book's address."""
    walker.page.get_by_label("To serve the consumers who have delegated me").check()
    walker.page.get_by_label("By link").check()
    walker.page.get_by_label("I have read these duties").check()
    walker.press("Export Book of Business")
    assert walker.path.startswith("/books/")
    return walker.path


def wait_until_ready(walker: Walker) -> None:
    """Wait for the book: with script the page follows by itself, without it there is a button."""
    download = walker.button("Download the book")
    if walker.is_scripted:
        expect(download).to_be_visible(timeout=READY_MILLISECONDS)
        walker.page.wait_for_load_state()
        return
    while not download.is_visible():
        walker.follow("Refresh")


def reveal(walker: Walker, shoot: Shoot | None = None) -> str:
    """Reveal the passphrase, copy it, and see it hidden again; return it."""
    if walker.is_scripted:
        walker.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        walker.page.clock.install()
    walker.press("Reveal passphrase")
    shown = "".join(walker.page.locator("#passphrase").inner_text().split())
    assert _PASSPHRASE.fullmatch(shown)
    copy = walker.page.locator("[data-copy]")
    assert walker.is_scripted == copy.is_visible()
    if walker.is_scripted:
        copy.click()
        expect(walker.page.locator("[data-said]")).to_contain_text("Copied")
        assert shown == walker.page.evaluate("navigator.clipboard.readText()")
        if shoot is not None:
            shoot(walker, "passphrase", at="#reveal")
            walker.resize(PHONE)
            shoot(walker, "passphrase-phone", at="#reveal")
            walker.resize(WIDE)
        walker.page.clock.fast_forward(61_000)
        expect(walker.page.locator("#passphrase")).to_have_count(0)
        assert "The passphrase is hidden again." in walker.words
    return shown


def revoke(walker: Walker, book: str) -> None:
    """Revoke a book after the page that says what that does, and find it revoked."""
    walker.page.locator(f'a[href="{book}"]').click()
    walker.follow("Revoke this book")
    assert "can’t be recalled" in walker.words
    walker.press("Revoke this book")
    assert book == walker.path
    assert "Revoked" in walker.words
    assert not walker.button("Download the book").is_visible()
