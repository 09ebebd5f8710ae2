"""Every page is one that everybody can use: by keyboard, enlarged, on a phone, in the dark.

Law: the pages are found among the routes, so that a new one is held to the same. A role that
a page isn't for gets a page too, "not found", which is looked at like the others.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.api.routes import every_route
from tests.browser.codes import Codes
from tests.browser.guests import a_guest, a_ready_book, seat
from tests.browser.walker import PHONE, WIDE, Walker, a_walker
from tests.cli.serving import Served

NO_PAGES = frozenset(
    {"/books/{export}/progress", "/static/{name}", "/healthz", "/readyz", "/metrics", "/openapi.json"}
)
PATHS = sorted(
    {route for route in every_route() if route.is_reading and route.is_page and route.path not in NO_PAGES},
    key=str,
)
NARROW = (320, 640)
"""A window of 1280 pixels enlarged four times (WCAG 2.2, 1.4.10)."""

ENLARGED = (640, 400)
"""A window of 1280 pixels enlarged twice."""

LOOKS = (Path(__file__).parent / "looks.js").read_text()
FOCUSED = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const style = getComputedStyle(one);
  return [one.outerHTML.slice(0, 80), parseFloat(style.outlineWidth), style.outlineStyle];
}"""
_TABS = 25


def look_over(walker: Walker) -> list[str]:
    """Return what is wrong with the page before somebody, in all sizes and both schemes."""
    found = []
    for scheme, sizes in (("light", (NARROW, PHONE, ENLARGED, WIDE)), ("dark", (WIDE,))):
        walker.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        for size in sizes:
            walker.resize(size)
            faults: list[str] = walker.page.evaluate(LOOKS)
            found += [f"{walker.path}, {scheme}, {size[0]} wide: {fault}" for fault in faults]
    walker.page.emulate_media(color_scheme="light")
    return found + tab_through(walker)


def tab_through(walker: Walker) -> list[str]:
    """Return what is wrong for who goes by keyboard: the first stop skips, each stop is seen."""
    found = []
    for stop in range(_TABS):
        walker.page.keyboard.press("Tab")
        focused = walker.page.evaluate(FOCUSED)
        if focused is None:
            break
        what, width, style = focused
        if stop == 0 and 'href="#main"' not in what:
            found.append(f"{walker.path}: the first stop is {what}")
        if width < 3 or style == "none":
            found.append(f"{walker.path}: nobody sees where the focus is: {what}")
    return found


@pytest.mark.parametrize("part", ["other_agent", "reviewer"])
def test_every_page_is_for_everybody(
    served: Served, browser: Browser, codes: Codes, book: str, part: str
) -> None:
    """Headings, names, contrast, targets, focus, and no scrolling sideways at any size."""
    found: list[str] = []
    with a_guest(served, part, codes) as guest, a_walker(browser, served.url) as walker:
        export = a_ready_book(guest) if part == "other_agent" else book
        seat(walker.page, guest)
        walker.expected |= {403, 404}
        for path in sorted({route.at(export=export, number="3") for route in PATHS}):
            walker.open(path)
            found += look_over(walker)
        opened = f"/desk/exports/{export}" if part == "reviewer" else f"/books/{export}"
        walker.open(opened)
        assert walker.heading in {"Story of an export", "Book of Business"}
    assert [] == found, "\n".join(found)


def test_every_page_of_a_stranger_is_for_everybody(served: Served, browser: Browser) -> None:
    """The same for the pages before the sign-in."""
    found: list[str] = []
    with a_walker(browser, served.url) as walker:
        walker.expected |= {404}
        for path in ("/sign-in", "/help", "/invitation", "/nothing"):
            walker.open(path)
            found += look_over(walker)
    assert [] == found, "\n".join(found)
