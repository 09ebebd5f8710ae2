"""One server and one browser for all walks; screenshots where they are asked for.

The server is the real `serve --demo` in a process of its own. Without Chromium the walks are
skipped; where everything is required a skip is a failure.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.codes import Codes
from tests.browser.guests import ASKED, a_guest, a_ready_book
from tests.browser.walker import Walker
from tests.cli.serving import Served

SCREENSHOTS = Path(__file__).parent.parent.parent / "docs" / "screenshots"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

Shoot = Callable[..., None]
"""Called with a walker, a name, and perhaps the selector of what should be `at` the top."""


@pytest.fixture(scope="package")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The whole product, served from a new folder; at its end nothing of it is left."""
    _chromium()
    made = Served(tmp_path_factory.mktemp("browser") / "house")
    try:
        made.start()
        yield made
        made.stop()
        assert {} == made.pids()
    finally:
        if made.process is not None and made.process.poll() is None:
            made.kill_everything()
        elif made.process is not None and made.process.stdout is not None:
            made.process.stdout.close()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The system's Chromium, without a window."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=_chromium(), args=_ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="package")
def codes() -> Codes:
    """Everybody's authenticator app."""
    return Codes()


@pytest.fixture(scope="package")
def book(served: Served, codes: Codes) -> str:
    """An agent's book by link, after one request that a rule refused."""
    with a_guest(served, "agent", codes) as agent:
        refused = agent.post("/v1/exports", json=ASKED | {"acknowledged": False})
        assert "R21" == refused.json()["rule"]
        return a_ready_book(agent)


@pytest.fixture
def shoot(request: pytest.FixtureRequest) -> Shoot:
    """Save what a walker sees as `docs/screenshots/NAME.png`, where `--screenshots` was given."""

    def save(walker: Walker, name: str, *, at: str = "body") -> None:
        if request.config.getoption("--screenshots"):
            SCREENSHOTS.mkdir(parents=True, exist_ok=True)
            walker.page.locator(at).evaluate("element => element.scrollIntoView()")
            walker.page.screenshot(path=SCREENSHOTS / f"{name}.png")

    return save


def _chromium() -> str:
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        pytest.skip("there is no Chromium here (Debian: apt-get install chromium)")
    return found
