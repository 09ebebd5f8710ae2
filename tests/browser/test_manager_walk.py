"""An agency's manager asks for the book of an agent of theirs, and sees what happened to it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from book.reopen import reopen
from tests.browser.codes import Codes
from tests.browser.test_agent_walk import reveal, wait_until_ready
from tests.browser.walker import a_walker
from tests.cli.serving import Served


@pytest.mark.parametrize("is_scripted", [True, False], ids=["script", "forms"])
def test_manager_exports_for_an_agent_of_the_agency(
    served: Served, browser: Browser, codes: Codes, *, is_scripted: bool
) -> None:
    """The form offers the agency's agents; the book is the agent's, opens, and stands in My Books."""
    agent = served.sign_in("agent").username
    with a_walker(browser, served.url, is_scripted=is_scripted) as walker:
        walker.open("/export")
        assert "/sign-in?back=/export" == walker.path
        walker.sign_in(served.sign_in("manager"), codes)
        assert "/export" == walker.path

        walker.page.get_by_label("Whose book").select_option(agent)
        walker.page.get_by_label("To oversee an agent of my agency").check()
        walker.page.get_by_label("By link").check()
        walker.page.get_by_label("I have read these duties").check()
        walker.press("Export Book of Business")
        book = walker.path
        assert f"Book of agent {agent}" in walker.words
        wait_until_ready(walker)
        file = walker.save(walker.button("Download the book"))
        walker.open(book)
        passphrase = reveal(walker)
        assert reopen(file, passphrase).startswith(b"PK")

        walker.follow("My Books", "nav")
        row = walker.page.locator("tr", has=walker.page.locator(f'a[href="{book}"]'))
        assert agent in row.inner_text()
        walker.press("Sign out")
        assert "/sign-in" == walker.path
