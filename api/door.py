"""What every request passes through: a number, a limit, headers, and one line in the log.

Laws
1. The canonical line names the route's template, never the path or the query that came.
2. A body is read whole before anything else happens, up to its limit; a longer one is 413, an
   address whose query is longer than any of ours 414, a header that isn't UTF-8 400.
3. Whatever breaks below becomes a problem with the request's number and no other word.
4. No answer may be kept by anybody on the way (`Cache-Control: no-store`).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from http import HTTPMethod
from types import MappingProxyType

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.pages.faces import face
from api.problems import BROKEN, TOO_LARGE, TOO_LONG_QUERY, UNREADABLE_HEADER, Problem

BODY_MAX_BYTES = 64 * 1024
QUERY_MAX_BYTES = 2 * 1024
UNMATCHED = "unmatched"
HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
)
"""Set unless the answer brings its own, as a page does for its styles."""

_HTTPS_ONLY = "max-age=31536000; includeSubDomains"


class TooLargeError(Exception):
    """The body goes beyond its limit."""


class Door:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request in and its answer out."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        number = secrets.token_hex(8)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=number)
        began = time.perf_counter()
        scope.setdefault("state", {})["began"] = began
        answer = _Answer(send, number, is_https=scope["scheme"] == "https")
        try:
            await self._let_in(scope, receive, answer)
        finally:
            structlog.get_logger().info(
                "request.answered",
                method=_method(scope),
                route=_route(scope),
                status=answer.status,
                milliseconds=round((time.perf_counter() - began) * 1000, 1),
            )
            structlog.contextvars.clear_contextvars()

    async def _let_in(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        try:
            whole = await _read_ahead(scope, receive)
            if wrong := _wrong_head(scope):
                await (await face(Request(scope), wrong.answer()))(scope, receive, answer)
            else:
                await self._app(scope, whole, answer)
        except TooLargeError:
            await (await face(Request(scope), TOO_LARGE.answer()))(scope, receive, answer)
        except Exception as error:  # noqa: BLE001 - whatever broke, the caller learns its number only
            structlog.get_logger().error("request.broke", exc_info=error)
            if not answer.begun:
                await (await face(Request(scope), BROKEN.answer()))(scope, receive, answer)


class _Answer:
    """Passes an answer on, with the house's headers; remembers its status."""

    def __init__(self, send: Send, number: str, *, is_https: bool) -> None:
        self._send = send
        self._number = number
        self._is_https = is_https
        self.status = 500
        self.begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            if self._is_https:
                headers.setdefault("Strict-Transport-Security", _HTTPS_ONLY)
            headers["X-Request-Id"] = self._number
        await self._send(message)


async def _read_ahead(scope: Scope, receive: Receive) -> Receive:
    """Read the body whole, or raise TooLargeError; return what hands it on."""
    said = Headers(scope=scope).get("content-length", "0")
    if not (said.isascii() and said.isdigit() and len(said) <= 20 and int(said) <= BODY_MAX_BYTES):  # noqa: PLR2004 - no length has more digits
        raise TooLargeError
    body = bytearray()
    message: Message = {"type": "http.request", "body": b"", "more_body": True}
    while message["type"] == "http.request" and message.get("more_body", False):
        message = await receive()
        body += message.get("body", b"")
        if len(body) > BODY_MAX_BYTES:
            raise TooLargeError
    waiting = [message if message["type"] != "http.request" else _whole(bytes(body))]

    async def hand_on() -> Message:
        return waiting.pop() if waiting else await receive()

    return hand_on


def _wrong_head(scope: Scope) -> Problem | None:
    """Return what is wrong with an address or a header, if anything is."""
    if len(scope.get("query_string", b"")) > QUERY_MAX_BYTES:
        return TOO_LONG_QUERY
    try:
        for name, value in scope["headers"]:
            name.decode()
            value.decode()
    except UnicodeDecodeError:
        return UNREADABLE_HEADER
    return None


def _whole(body: bytes) -> Message:
    return {"type": "http.request", "body": body, "more_body": False}


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in HTTPMethod.__members__ else "other"


def _route(scope: Scope) -> str:
    path = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) else UNMATCHED
