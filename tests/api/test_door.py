"""What every request passes through: number, limit, headers, one line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest
import structlog
from starlette.types import Message

from api.door import BODY_MAX_BYTES, HEADERS, QUERY_MAX_BYTES
from runtime.logs import ALLOWED_KEYS
from tests.api.callers import ASKED, Desk

PLANTED = "Guadalupe-Montgomery-Ramirez"
_MERGE = [structlog.contextvars.merge_contextvars]


def test_every_answer_has_the_house_headers(desk: Desk) -> None:
    """Also what isn't found carries the security headers, and may be kept by nobody."""
    for path in ("/healthz", "/v1/me", "/nothing", "/openapi.json"):
        headers = desk.client.get(path).headers
        assert HEADERS.items() <= dict(headers).items() | {(name, headers.get(name)) for name in HEADERS}


def test_a_request_has_one_line_with_its_route(desk: Desk) -> None:
    """The canonical line names template, status and duration, and never path or query."""
    with structlog.testing.capture_logs(_MERGE) as logged:
        answer = desk.client.get(f"/v1/exports/{PLANTED}?name={PLANTED}")

    (line,) = [line for line in logged if line["event"] == "request.answered"]
    assert ("GET", "/v1/exports/{export}", 401) == (line["method"], line["route"], line["status"])
    assert (answer.headers["x-request-id"], answer.json()["request"]) == (line["request"], line["request"])
    assert line["milliseconds"] >= 0
    assert ALLOWED_KEYS | {"log_level"} >= line.keys()
    assert PLANTED not in repr(logged)


def test_logs_hold_nothing_that_was_sent(desk: Desk) -> None:
    """Whatever is planted into path, body, headers, cookie and method, no log line has it."""
    with structlog.testing.capture_logs(_MERGE) as logged:
        desk.client.request(PLANTED, f"/{PLANTED}")
        desk.client.post("/v1/exports", json={PLANTED: PLANTED}, headers={"Cookie": f"session={PLANTED}"})
        desk.client.post("/v1/sessions", json={"username": PLANTED, "password": PLANTED, "totp": PLANTED})
        desk.client.post("/v1/sessions", json={"username": PLANTED, "password": PLANTED, "totp": "000000"})
        desk.client.post("/v1/sessions", content=PLANTED.encode(), headers={"Content-Type": PLANTED})

    assert 5 == len([line for line in logged if line["event"] == "request.answered"])
    assert PLANTED not in repr(logged)
    assert all(ALLOWED_KEYS | {"log_level", "exc_info"} >= line.keys() for line in logged)


def test_a_requests_number_ends_with_it(desk: Desk) -> None:
    """Nothing that is bound to one request shows up in the next."""
    numbers = {desk.client.get("/healthz").headers["x-request-id"] for _ in range(3)}

    assert 3 == len(numbers)
    assert {} == structlog.contextvars.get_contextvars()


@pytest.mark.parametrize("size", [BODY_MAX_BYTES, BODY_MAX_BYTES + 1])
def test_a_body_has_a_limit(desk: Desk, size: int) -> None:
    """64 KiB are read, one byte more is 413, with a length announced or without."""

    def in_pieces() -> Iterator[bytes]:
        yield b" " * (size - 100)
        yield b" " * 100

    headers = {"Content-Type": "application/json"}
    statuses = [
        desk.client.post("/v1/sessions", content=content, headers=headers).status_code
        for content in (b" " * size, in_pieces())
    ]

    assert [422 if size == BODY_MAX_BYTES else 413] * 2 == statuses


@pytest.mark.parametrize("length", ["-1", "+5", "1e3", "9" * 30, "\xb2"])
def test_a_length_that_isnt_one_is_refused(desk: Desk, length: str) -> None:
    """A Content-Length that can't be read is 413 before anything else happens."""
    headers = {b"Content-Length": length.encode("latin-1"), b"Content-Type": b"application/json"}

    assert 413 == desk.client.post("/v1/sessions", content=b"{}", headers=headers).status_code


def test_a_body_sent_elsewhere_does_no_harm(desk: Desk) -> None:
    """A body where none is asked for is read and ignored."""
    assert 200 == desk.client.request("GET", "/healthz", json=ASKED).status_code


@pytest.mark.parametrize(("length", "status"), [(QUERY_MAX_BYTES, 200), (QUERY_MAX_BYTES + 1, 414)])
def test_a_query_has_a_limit(desk: Desk, length: int, status: int) -> None:
    """No address of ours is that long; a longer one is a clear problem."""
    assert status == desk.client.get(f"/healthz?{'q' * length}").status_code


@pytest.mark.parametrize("name", [b"cookie", b"x-csrf-token", b"x-thing"])
def test_a_header_that_isnt_utf8_is_a_clear_problem(desk: Desk, name: bytes) -> None:
    """Damaged bytes in any header are 400, before anything reads them."""
    # The test client mends headers; only the application itself shows what it does with these.
    scope = {
        "type": "http", "http_version": "1.1", "method": "GET", "scheme": "http", "path": "/v1/me",
        "raw_path": b"/v1/me", "query_string": b"", "root_path": "", "client": ("127.0.0.1", 1),
        "headers": [(b"host", b"testserver"), (name, b"session=\xff\xfe")],
    }  # fmt: skip
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    async def call() -> None:
        await desk.client.app(scope, receive, send)

    asyncio.run(call())

    assert 400 == sent[0]["status"]
    assert "urn:sealedbook:problem:unreadable-header" == json.loads(sent[1]["body"])["type"]
