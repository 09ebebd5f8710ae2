"""Somebody with a real browser, who notices whatever a page does that no page of ours may.

Laws
1. Every request goes to the server's own origin, by an address of a known shape: no address
   holds what was typed.
2. Every page answers with the portal's content policy, and the browser has nothing to say on
   its console: no blocked resource, no error of the script.
3. With script or without, the way is the same; `is_scripted` only says what to wait for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, Response

from house.enrolment import SignIn
from tests.api.surfing import POLICY
from tests.browser.codes import Codes

_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_PART = rf"(?:{_ID}|[0-9a-f]{{16}}|v1|[a-z]+(?:-[a-z]+)*|[0-9]{{1,9}})"
ADDRESS = re.compile(
    rf"/(?:{_PART}(?:/{_PART}){{0,3}})?(?:\?back=/[a-z0-9/-]*)?(?:#[a-z-]+)?"
    r"|/static/[a-z]+\.(?:css|js|svg)\?v=[0-9a-f]{12}"
)
PAGE_MILLISECONDS = 20_000
"""How long a page may take before a test gives up; nothing is timed by it."""

WIDE = (1280, 800)
PHONE = (390, 844)
_REFUSED = re.compile(r"Failed to load resource: the server responded with a status of (\d{3})")


@dataclass
class Walker:
    """A person before a browser window; `complaints` are what a page did wrong."""

    page: Page
    origin: str
    is_scripted: bool
    complaints: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)

    def open(self, path: str) -> None:
        """Go to an address."""
        self.page.goto(f"{self.origin}{path}")

    @property
    def path(self) -> str:
        """Where they are."""
        return self.page.url.removeprefix(self.origin).partition("#")[0]

    @property
    def words(self) -> str:
        """What the page's main part says, blanks run together."""
        return " ".join(self.page.locator("main").inner_text().split())

    @property
    def heading(self) -> str:
        """Return the page's one main heading."""
        return self.page.locator("h1").inner_text()

    def follow(self, name: str, within: str = "main") -> None:
        """Follow a link by its words, and wait for the page that it leads to."""
        self.page.locator(within).get_by_role("link", name=name, exact=True).first.click()
        self.page.wait_for_load_state()

    def press(self, name: str) -> None:
        """Press a button by its words, and wait for the page that answers."""
        self.button(name).click()
        self.page.wait_for_load_state()

    def button(self, name: str) -> Locator:
        """Return a button by its words."""
        return self.page.get_by_role("button", name=name, exact=True)

    def sign_in(self, person: SignIn, codes: Codes, *, code: str = "") -> None:
        """Fill the sign-in page that is before them."""
        self.page.get_by_label("User name").fill(person.username)
        self.page.get_by_label("Password").fill(person.password)
        self.page.get_by_label("Code from your authenticator app").fill(code or codes.next(person))
        self.press("Sign in")

    def save(self, press: Locator) -> bytes:
        """Press a button that answers with a file; return the file."""
        with self.page.expect_download() as waiting:
            press.click()
        kept: Path = waiting.value.path()
        return kept.read_bytes()

    def resize(self, size: tuple[int, int]) -> None:
        """Take another window, e.g. a phone's."""
        self.page.set_viewport_size({"width": size[0], "height": size[1]})

    def check(self) -> None:
        """Say what any page of the way did wrong."""
        assert [] == self.complaints, "\n".join(self.complaints)

    def _asked(self, request: Request) -> None:
        if request.url.startswith("blob:") or not request.url.startswith(f"{self.origin}/"):
            self.complaints.append(f"a request went to {request.url}")
            return
        address = request.url.removeprefix(self.origin)
        self.addresses.append(address)
        if not ADDRESS.fullmatch(address):
            self.complaints.append(f"an address has an unknown shape: {address}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500:
            self.complaints.append(f"{response.status} for {response.request.method} {response.url}")
        is_page = response.headers.get("content-type", "").startswith("text/html")
        if is_page and response.headers.get("content-security-policy") != POLICY:
            self.complaints.append(f"no content policy on {response.url}")

    def _said(self, message: ConsoleMessage) -> None:
        refused = _REFUSED.match(message.text)
        if message.type in {"error", "warning"} and not (refused and int(refused[1]) in self.expected):
            self.complaints.append(f"console: {message.text}")


@contextmanager
def a_walker(
    browser: Browser, origin: str, *, is_scripted: bool = True, size: tuple[int, int] = WIDE
) -> Iterator[Walker]:
    """Open a fresh browser window for the block, and check at its end what the pages did."""
    context = browser.new_context(
        java_script_enabled=is_scripted,
        viewport={"width": size[0], "height": size[1]},
        locale="en-US",
        timezone_id="America/Los_Angeles",
        reduced_motion="reduce",
    )
    context.set_default_timeout(PAGE_MILLISECONDS)
    try:
        walker = Walker(context.new_page(), origin, is_scripted)
        watch(context, walker)
        yield walker
        walker.check()
    finally:
        context.close()


def watch(context: BrowserContext, walker: Walker) -> None:
    """Let a walker notice everything that a window asks for, gets and says."""
    context.on("request", walker._asked)
    context.on("response", walker._answered)
    context.on("console", walker._said)
    context.on("weberror", lambda error: walker.complaints.append(f"script: {error.error}"))
