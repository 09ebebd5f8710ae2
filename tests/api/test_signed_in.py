"""Who is at the door: sessions that end, calls that prove themselves, addresses in one form."""

from __future__ import annotations

import pytest
from fastapi import Request

from api.signed_in import client_of
from audit.fields import client as check_client
from runtime.database import reading
from store.sessions import digest_of, find_session
from tests.api.callers import ASKED, Desk, disable


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:0DB8:0:0::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("testclient", "local:test"),
        ("", "local:socket"),
        ("not an address", "local:socket"),
        (None, "local:socket"),
    ],
)
def test_a_client_is_an_address_in_its_short_form(host: str | None, expected: str) -> None:
    """Whatever the server says, the ledger gets an address or `local:<word>`."""
    scope: dict[str, object] = {"type": "http", "headers": [], "client": None if host is None else (host, 1)}

    found = client_of(Request(scope))

    assert expected == found
    check_client(found, "client")


@pytest.mark.parametrize("cookie", ["", "garbage", "ä", "x" * 4000])
def test_a_foreign_cookie_is_signed_out(desk: Desk, cookie: str) -> None:
    """A cookie that isn't ours opens nothing and breaks nothing."""
    answer = desk.client.get("/v1/me", headers={b"Cookie": f"session={cookie}".encode()})

    assert (401, "urn:sealedbook:problem:signed-out") == (answer.status_code, answer.json()["type"])


def test_a_session_ends_when_idle(desk: Desk) -> None:
    """After more than fifteen idle minutes reading is signed out too."""
    caller = desk.with_session(desk.an_agent().person.papers.licence)
    desk.house.clock.advance(minutes=14)
    within = caller.get("/v1/me").status_code
    desk.house.clock.advance(minutes=14)
    used = caller.get("/v1/me").status_code
    desk.house.clock.advance(minutes=15, seconds=1)

    assert (200, 200, 401) == (within, used, caller.get("/v1/exports").status_code)


def test_a_session_ends_after_twelve_hours(desk: Desk) -> None:
    """However much it is used, a session ends after its longest time."""
    caller = desk.with_session(desk.an_agent().person.papers.licence)
    seen = set()
    for _ in range(51):
        desk.house.clock.advance(minutes=14)
        seen.add(caller.get("/v1/me").status_code)
    desk.house.clock.advance(minutes=6, seconds=1)

    assert ({200}, 401) == (seen, caller.get("/v1/me").status_code)


def test_a_closed_account_is_signed_out(desk: Desk) -> None:
    """Who is disabled while signed in is signed out at the next call."""
    agent = desk.an_agent()
    caller = desk.with_session(agent.person.papers.licence)
    disable(desk, agent)

    assert 401 == caller.get("/v1/me").status_code


STRANGERS = frozenset(
    {"/v1/sessions", "/v1/invitations/accept", "/v1/invitations/confirm", "/v1/heads/cosigned"}
)
"""Calls without a session: a password, an invitation's code or a witness's signature is their proof."""


def test_every_change_needs_the_token(desk: Desk) -> None:
    """Each state-changing call of the description is refused without the session's CSRF token."""
    caller = desk.with_session(desk.an_agent().person.papers.licence)
    paths = desk.client.get("/openapi.json").json()["paths"]
    calls = [
        (method, path.replace("{export}", "00000000-0000-4000-8000-000000000000"))
        for path, methods in paths.items()
        for method in methods
        if method != "get" and path not in STRANGERS
    ]
    body = ASKED | {"totp": "000000"}

    for token in (b"", b"wrong", b"\xff\xfe"):
        for method, path in calls:
            answer = caller.client.request(method, path, json=body, headers={b"X-CSRF-Token": token})
            assert (403, "urn:sealedbook:problem:csrf") == (answer.status_code, answer.json()["type"]), path
    assert len(calls) >= 4


def test_reading_keeps_a_session_awake_without_writing_each_time(desk: Desk) -> None:
    """Two calls within a few seconds write the session's use once."""
    caller = desk.with_session(desk.an_agent().person.papers.licence)

    def used_at() -> str:
        with reading(desk.house.engine) as connection:
            session = find_session(connection, digest_of(caller.client.cookies["session"]))
        assert session is not None
        return session.used_at

    before = used_at()
    caller.get("/v1/me")
    soon = used_at()
    desk.house.clock.advance(seconds=30)
    caller.get("/v1/me")

    assert before == soon
    assert used_at() > soon
