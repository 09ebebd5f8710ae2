"""People who are signed in already when the browser opens, and a book of theirs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
from playwright.sync_api import Page

from api.signed_in import COOKIE
from tests.browser.codes import Codes
from tests.cli.serving import PATIENCE_SECONDS, Served

ASKED = {"purpose": "service-delegated-consumers", "channel": "link", "acknowledged": True}
_POLL_SECONDS = 0.1


@contextmanager
def a_guest(served: Served, part: str, codes: Codes) -> Iterator[httpx2.Client]:
    """Sign somebody in over HTTP for the block."""
    person = served.sign_in(part)
    with httpx2.Client(base_url=served.url, trust_env=False, timeout=PATIENCE_SECONDS) as client:
        body = {"username": person.username, "password": person.password, "totp": codes.next(person)}
        answer = client.post("/v1/sessions", json=body)
        assert answer.status_code == 201
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        yield client


def seat(page: Page, client: httpx2.Client) -> None:
    """Let a browser window have somebody's session."""
    cookie: Any = {"name": COOKIE, "value": client.cookies[COOKIE], "url": str(client.base_url)}
    page.context.add_cookies([cookie])


def a_ready_book(client: httpx2.Client) -> str:
    """Ask for a book by link and wait until it is there; return its id."""
    export: str = client.post("/v1/exports", json=ASKED, headers={"Idempotency-Key": "a-book"}).json()["id"]
    deadline = time.monotonic() + PATIENCE_SECONDS
    while client.get(f"/v1/exports/{export}").json()["state"] == "accepted":
        assert time.monotonic() < deadline
        time.sleep(_POLL_SECONDS)
    return export
