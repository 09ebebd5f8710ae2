"""An agency's manager gives a system its key by the page, the system uses it, the manager takes it back."""

from __future__ import annotations

import re

import httpx2
import pytest
from playwright.sync_api import Browser

from tests.browser.codes import Codes
from tests.browser.conftest import Shoot
from tests.browser.test_access import look_over
from tests.browser.walker import PHONE, WIDE, a_walker
from tests.cli.serving import Served

KEY = re.compile(r"sbk_[0-9a-f]{16}_[A-Za-z0-9_-]{43}")
ENDS = "/v1/delegations/ended"


@pytest.mark.parametrize("is_scripted", [True, False], ids=["script", "forms"])
def test_a_manager_gives_a_system_its_key_and_takes_it_back(
    served: Served, browser: Browser, codes: Codes, shoot: Shoot, *, is_scripted: bool
) -> None:
    """The key is there once and works; each page of the way is for everybody; revoked, it is refused."""
    agent, found = served.sign_in("agent").username, list[str]()
    with a_walker(browser, served.url, is_scripted=is_scripted) as walker:
        walker.open("/keys")
        walker.sign_in(served.sign_in("manager"), codes)
        assert ("/keys", "System keys") == (walker.path, walker.heading)
        walker.page.get_by_label("Name of the system").fill("Agency desk")
        walker.press("Issue the key")
        shown = KEY.search(walker.words)
        assert shown is not None
        assert "Copy it now; we can’t show it again." in walker.words
        if is_scripted:
            assert walker.button("Copy key").is_visible()
            found += look_over(walker)
            walker.resize(WIDE)
            shoot(walker, "system-keys")
            walker.resize(PHONE)
            shoot(walker, "system-keys-phone")
            walker.resize(WIDE)

        key = {"Authorization": f"Bearer {shown[0]}"}
        end = {"agent_license_number": agent, "consumer_id": "nobody", "ended_at": "2026-01-01T00:00:00Z"}
        with httpx2.Client(base_url=served.url, trust_env=False) as system:
            # Whether or not the agent is of the manager's agency: the key is known.
            assert system.post(ENDS, json={"ended": [end]}, headers=key).status_code in {200, 404}

            walker.follow("I have copied it")
            assert shown[0] not in walker.page.content()
            row = walker.page.locator("tr", has_text=shown[0][4:20])
            row.get_by_role("link", name="Revoke").click()
            walker.page.wait_for_load_state()
            assert "Revoke this key?" == walker.heading
            if is_scripted:
                found += look_over(walker)
            walker.press("Revoke this key")
            assert "/keys" == walker.path
            assert "Revoked" in row.inner_text()
            assert system.post(ENDS, json={"ended": [end]}, headers=key).status_code == 401
        if is_scripted:
            found += look_over(walker)
        walker.press("Sign out")
    assert [] == found, "\n".join(found)
