"""Somebody with a browser without script: reads pages, fills forms, presses buttons.

Every page that they come by is held against what all pages must be: well-formed, every field
named, nothing from elsewhere, nothing inline, and the headers of a page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from fastapi.testclient import TestClient
from httpx2 import Response

from tests.api.callers import Desk
from tests.installation import Enrolled

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})
_LOADED = {"script": "src", "img": "src", "link": "href", "form": "action", "a": "href"}
_INLINE = frozenset({"a", "b", "code", "i", "small", "span", "strong", "time", "wbr"})
_NAMED = frozenset({"input", "select", "textarea"})


@dataclass
class FormRead:
    """A form as it stands on a page: where it goes and what it sends if nothing is changed."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)


class PageRead(HTMLParser):
    """One page, taken apart and checked."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[FormRead] = []
        self.ids: list[str] = []
        self.links: dict[str, str] = {}
        self.words = ""
        self.row_names: list[str] = []
        self.buttons: list[str] = []
        self.faults: list[str] = []
        self._open: list[str] = []
        self._labelled: set[str] = set()
        self._named: list[tuple[str, dict[str, str]]] = []
        self._referred: list[str] = []
        self._headings = 0
        self._select: str | None = None
        self._button = False
        self._href: str | None = None
        self.feed(text)
        self.close()
        self._judge()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an element in."""
        found = {name: value or "" for name, value in attrs}
        if len(found) != len(attrs):
            self.faults.append(f"<{tag}> has an attribute twice")
        if tag not in _VOID:
            self._open.append(tag)
        if tag not in _INLINE:
            self.words += " "
        if "id" in found:
            self.ids.append(found["id"])
        if tag == "button":
            self._button = True
            self.buttons.append("")
        self._refer(tag, found)
        self._look(tag, found)
        if tag == "form":
            self.forms.append(FormRead(found["action"], found.get("method", "get")))
        if self.forms:
            self._fill(tag, found)

    def handle_endtag(self, tag: str) -> None:
        """See an element closed."""
        if not self._open or self._open.pop() != tag:
            self.faults.append(f"</{tag}> closes what isn't open")
        if tag == "select":
            self._select = None
        if tag == "button":
            self._button = False
        if tag == "a":
            self._href = None

    def handle_data(self, data: str) -> None:
        """Read words."""
        self.words += data
        if self._button:
            self.buttons[-1] += data
        if self._button and self.forms:
            self.forms[-1].buttons[-1] += data
        if "tbody" in self._open and "th" in self._open and data.strip():
            self.row_names.append(data.strip())
        if self._href is not None:
            self.links[data.strip()] = self._href

    def form(self, action: str, having: str = "") -> FormRead:
        """Return the form that goes to an address (and has a field or button of that name)."""
        fits = [one for one in self.forms if one.action.partition("#")[0] == action]
        fits = [one for one in fits if not having or having in one.fields or having in one.buttons]
        assert fits, (action, [one.action for one in self.forms])
        return fits[0]

    @property
    def text(self) -> str:
        """Return the page's words, blanks run together."""
        return " ".join(self.words.split())

    def _look(self, tag: str, found: dict[str, str]) -> None:
        if tag == "html" and found.get("lang") != "en":
            self.faults.append("no language")
        if tag == "h1":
            self._headings += 1
        if tag == "th" and "scope" not in found:
            self.faults.append("a heading cell without scope")
        if tag == "img" and "alt" not in found:
            self.faults.append("an image without alt")
        if tag == "label":
            self._labelled.add(found.get("for", ""))
        if tag in _NAMED and found.get("type") != "hidden":
            self._named.append((tag, found))
        if tag == "a":
            self._href = found.get("href", "")
        if tag in {"style", "base", "iframe", "object"} or "style" in found:
            self.faults.append(f"<{tag}> isn't for our pages")
        self.faults += [f"{name} on <{tag}>" for name in found if name.startswith("on")]
        if tag == "script" and "src" not in found:
            self.faults.append("a script inline")

    def _refer(self, tag: str, found: dict[str, str]) -> None:
        for name in ("aria-describedby", "aria-labelledby", "form"):
            self._referred += found.get(name, "").split()
        place = found.get(_LOADED.get(tag, ""), "")
        # An authenticator's key URI is for the phone's own app, not for a browser.
        if re.match(r"(?!otpauth:)[a-z]+:|//", place):
            self.faults.append(f"<{tag}> leads elsewhere: {place}")
        if place.startswith("#"):
            self._referred.append(place[1:])

    def _fill(self, tag: str, found: dict[str, str]) -> None:
        fields = self.forms[-1].fields
        if tag == "input" and found.get("type") in {"radio", "checkbox"}:
            if "checked" in found:
                fields[found["name"]] = found["value"]
        elif tag == "input":
            fields[found["name"]] = found.get("value", "")
        elif tag == "textarea":
            fields[found["name"]] = ""
        elif tag == "select":
            self._select = found["name"]
        elif tag == "option" and self._select and (self._select not in fields or "selected" in found):
            fields[self._select] = found["value"]
        elif tag == "button":
            self.forms[-1].buttons.append("")

    def _judge(self) -> None:
        self.faults += [f"<{tag}> stays open" for tag in self._open]
        self.faults += [f"id {one} twice" for one in set(self.ids) if self.ids.count(one) > 1]
        self.faults += [f"nothing has the id {one}" for one in self._referred if one not in self.ids]
        for tag, found in self._named:
            if found.get("id") not in self._labelled and "aria-label" not in found:
                self.faults.append(f"<{tag} name={found.get('name')}> has no label")
        if self._headings > 1:
            self.faults.append("more than one main heading")


@dataclass
class Surfer:
    """A person with a browser without script; `page` is what they have before them."""

    desk: Desk
    client: TestClient
    page: PageRead = field(default_factory=lambda: PageRead(""))
    path: str = ""
    status: int = 0

    def open(self, path: str, **headers: str) -> PageRead:
        """Go to an address."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._take(self.client.get(path, headers={"Accept": "text/html"} | named))

    def send(self, action: str, /, having: str = "", **typed: str) -> PageRead:
        """Send the form of this page that goes to an address, with what is typed into it."""
        form = self.page.form(action, having)
        assert form.method == "post"
        return self._take(self.post(action, form.fields | typed))

    def post(self, path: str, fields: dict[str, str], **headers: str) -> Response:
        """Send fields to an address, whatever page there is."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(path, data=fields, headers={"Accept": "text/html"} | named)

    def sign_in(self, enrolled: Enrolled, **changed: str) -> PageRead:
        """Fill the sign-in form that is before them."""
        good = {"username": enrolled.person.username, "password": enrolled.password}
        totp = changed.get("totp", "") or self.desk.code(enrolled)
        return self.send("/sign-in", **(good | {"totp": totp} | changed))

    def _take(self, answer: Response) -> PageRead:
        assert answer.headers["content-type"] == "text/html; charset=utf-8", answer.status_code
        page = PageRead(answer.text)
        assert [] == page.faults, answer.url
        assert POLICY == answer.headers["content-security-policy"]
        assert ("no-store", "no-referrer", "nosniff") == tuple(
            answer.headers[name] for name in ("cache-control", "referrer-policy", "x-content-type-options")
        )
        self.page, self.path, self.status = page, answer.url.path, answer.status_code
        assert not answer.url.query or self.path == "/sign-in", "an address holds what was typed"
        return page


def a_surfer(desk: Desk) -> Surfer:
    """Return somebody who isn't signed in."""
    return Surfer(desk, TestClient(desk.client.app, base_url="http://testserver"))


def signed_in_surfer(desk: Desk, licence: str) -> Surfer:
    """Return somebody signed in, without the work of a password."""
    return Surfer(desk, desk.with_session(licence).client)
