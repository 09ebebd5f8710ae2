"""Progress as a stream of events (server-sent events, WHATWG HTML): `state`, then `end`.

Laws
1. Watching is no activity: it keeps no session awake, and ends with the session.
2. Between two looks nothing is held: no connection to the database, no thread.
3. A session has a few watchers at most, and a stopping server waits for none.
4. The stream ends where nothing more happens by itself; a `state` is sent when it differs from
   the last one.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request, Response
from starlette.types import Receive, Scope, Send

from api.errors import SignedOutError, TooManyWatchersError
from api.export_bodies import show_export
from api.exports import find_own
from api.hang_up import listening
from api.signed_in import SignedIn, known_by
from exports.errors import ExportNotFoundError
from exports.states import WORKABLE
from house.wiring import House
from runtime.database import reading

MEDIA_TYPE = "text/event-stream"
MOST_WATCHERS = 4
"""Streams a session may have open at once."""

_HEADERS = {"Content-Type": MEDIA_TYPE, "X-Accel-Buffering": "no"}


@dataclass
class Watching:
    """How this application lets people watch; one an application, used in its event loop only."""

    look_seconds: float = 0.5
    keep_alive_seconds: float = 15.0
    is_stopping: Callable[[], bool] = lambda: False
    watchers: Counter[str] = field(default_factory=Counter)


def watching_of(request: Request) -> Watching:
    """Return how this application lets people watch."""
    how: Watching = request.app.state.watching
    return how


WatchingHere = Annotated[Watching, Depends(watching_of)]


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What one look saw: the export's body as JSON, and why there is nothing more to see, if so."""

    body: str
    over: str | None = None


def look(house: House, token: str, client: str, export: str) -> Sight:
    """Look at an export once, as whoever has the session; SignedOutError, ExportNotFoundError."""
    visitor = known_by(house, token, client)
    found = find_own(house, visitor, export)
    with reading(house.engine) as connection:
        body = show_export(connection, found, house.clock.now()).model_dump_json()
    return Sight(body=body, over=None if found.state in WORKABLE else "at-rest")


class EventStream(Response):
    """Looks again and again and sends what changed."""

    def __init__(self, look: Callable[[], Sight], visitor: SignedIn, watching: Watching) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self._look = look
        self._session = visitor.session.digest
        self._watching = watching

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until it is over, or the caller hangs up."""
        watchers = self._watching.watchers
        if watchers[self._session] >= MOST_WATCHERS:
            raise TooManyWatchersError
        watchers[self._session] += 1
        try:
            async with listening(receive) as gone:
                await self._send_all(send, gone)
        finally:
            watchers[self._session] -= 1
            if not watchers[self._session]:
                del watchers[self._session]

    async def _send_all(self, send: Send, gone: asyncio.Event) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        last, over = "", None
        spoken = time.monotonic()
        while over is None and not gone.is_set():
            try:
                sight = await asyncio.to_thread(self._look)
            except (SignedOutError, ExportNotFoundError):
                over = "signed-out"
                break
            over = "stopping" if self._watching.is_stopping() else sight.over
            if sight.body != last:
                last, spoken = sight.body, time.monotonic()
                await _speak(send, f"event: state\ndata: {sight.body}\n\n")
            elif time.monotonic() - spoken >= self._watching.keep_alive_seconds:
                spoken = time.monotonic()
                await _speak(send, ": still here\n\n")
            if over is None:
                await _wait(gone, self._watching.look_seconds)
        if over is not None:
            await _speak(send, f"event: end\ndata: {json.dumps({'reason': over})}\n\n", is_last=True)


async def _speak(send: Send, words: str, *, is_last: bool = False) -> None:
    await send({"type": "http.response.body", "body": words.encode(), "more_body": not is_last})


async def _wait(gone: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await gone.wait()
    except TimeoutError:
        return
