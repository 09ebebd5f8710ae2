"""Watching an export: what is sent, when it ends, and what it doesn't do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import Event
from typing import Any
from uuid import uuid4

import pytest

from api.events import MOST_WATCHERS, EventStream, Watching, look
from api.signed_in import known_by
from exports.states import State
from house.wiring import WorkerHouse
from runtime.database import reading, writing
from store.exports import export_by_id, move_unclaimed
from store.sessions import digest_of, find_session
from tests.api.callers import ASKED, Caller, Desk
from tests.api.hanging_up import send_out
from tests.api.linked import a_link

Told = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def watching(desk: Desk) -> Watching:
    """How the application lets people watch, at a test's pace."""
    app: Any = desk.client.app
    how: Watching = app.state.watching
    how.look_seconds = 0.01
    return how


@pytest.fixture
def thread() -> Iterator[ThreadPoolExecutor]:
    """Somewhere for a watcher to wait."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        yield pool


def asked(desk: Desk) -> tuple[Caller, str]:
    """Return an agent and an export that nobody carries on."""
    caller = desk.with_session(desk.an_agent().person.papers.licence)
    export: str = caller.post("/v1/exports", ASKED).json()["id"]
    return caller, export


def told(text: str) -> Told:
    """Return the events of a stream; comments are left out."""
    blocks = [block.splitlines() for block in text.split("\n\n") if block.startswith("event:")]
    return [(name[7:], json.loads(data[6:])) for name, data in blocks]


def watch(thread: ThreadPoolExecutor, watching: Watching, caller: Caller, export: str) -> Future[Told]:
    """Begin to watch in another thread; return when the watcher has looked once."""
    looked = Event()

    def note() -> bool:
        looked.set()
        return False

    watching.is_stopping = note
    future = thread.submit(lambda: told(caller.client.get(f"/v1/exports/{export}/events").text))
    assert looked.wait(20)
    return future


@pytest.mark.usefixtures("published")
def test_a_resting_export_is_told_once_and_ends(desk: Desk, worker: WorkerHouse, watching: Watching) -> None:
    """One `state` with the same body as a look at it, then `end`; nobody may keep it."""
    linked = a_link(desk, worker, "0I45691")

    answer = linked.caller.get(f"{linked.path}/events")

    assert (200, "text/event-stream", "no-store") == (
        answer.status_code,
        answer.headers["content-type"],
        answer.headers["cache-control"],
    )
    assert [("state", linked.shown()), ("end", {"reason": "at-rest"})] == told(answer.text)
    assert not watching.watchers


def test_each_change_is_told(desk: Desk, watching: Watching, thread: ThreadPoolExecutor) -> None:
    """Accepted, then what becomes of it, then the end."""
    caller, export = asked(desk)
    future = watch(thread, watching, caller, export)
    with writing(desk.house.engine) as connection:
        move_unclaimed(connection, export, State.ACCEPTED, State.CANCELLED)

    events = future.result(timeout=20)

    assert [("state", "accepted"), ("state", "cancelled"), ("end", None)] == [
        (name, body.get("state")) for name, body in events
    ]


def sign_out(_desk: Desk, caller: Caller) -> None:
    """Sign out."""
    caller.delete("/v1/sessions/current")


def fall_asleep(desk: Desk, _caller: Caller) -> None:
    """Do nothing for more than fifteen minutes."""
    desk.house.clock.advance(minutes=15, seconds=1)


@pytest.mark.parametrize("end", [sign_out, fall_asleep])
def test_watching_ends_with_the_session(
    desk: Desk, watching: Watching, thread: ThreadPoolExecutor, end: Callable[[Desk, Caller], None]
) -> None:
    """Signed out or idle too long, the stream ends: watching keeps nobody awake."""
    caller, export = asked(desk)
    future = watch(thread, watching, caller, export)
    end(desk, caller)

    assert ("end", {"reason": "signed-out"}) == future.result(timeout=20)[-1]


def test_watching_is_no_activity(desk: Desk, watching: Watching) -> None:
    """The session's last use stays what it was."""
    caller, export = asked(desk)
    digest = digest_of(caller.client.cookies["session"])

    def used_at() -> str:
        with reading(desk.house.engine) as connection:
            session = find_session(connection, digest)
        assert session is not None
        return session.used_at

    before = used_at()
    desk.house.clock.advance(minutes=1)
    watching.is_stopping = lambda: True
    caller.get(f"/v1/exports/{export}/events")

    assert before == used_at()


def test_a_stopping_server_ends_the_stream(desk: Desk, watching: Watching) -> None:
    """Who stops the server waits for no watcher."""
    caller, export = asked(desk)
    watching.is_stopping = lambda: True

    events = told(caller.get(f"/v1/exports/{export}/events").text)

    assert ["state", "end"] == [name for name, _body in events]
    assert {"reason": "stopping"} == events[-1][1]


def test_a_session_has_so_many_watchers(desk: Desk, watching: Watching) -> None:
    """One stream more is 429; another session isn't touched by it."""
    caller, export = asked(desk)
    other, another = asked(desk)
    watching.watchers[digest_of(caller.client.cookies["session"])] = MOST_WATCHERS
    watching.is_stopping = lambda: True

    statuses = [
        caller.get(f"/v1/exports/{export}/events").status_code,
        other.get(f"/v1/exports/{another}/events").status_code,
    ]

    assert [429, 200] == statuses


def test_who_hangs_up_leaves_no_watcher(desk: Desk) -> None:
    """A closed page ends the stream on this side too."""
    caller, export = asked(desk)
    token, how = caller.client.cookies["session"], Watching(look_seconds=0.01)
    visitor = known_by(desk.house, token, "local:test")
    stream = EventStream(partial(look, desk.house, token, "local:test", export), visitor, how)

    sent = send_out(stream, 2)

    assert 2 == len(sent)
    assert not how.watchers


def test_a_quiet_stream_is_kept_alive(desk: Desk) -> None:
    """Where nothing changes a comment goes, so that nobody on the way closes the line."""
    caller, export = asked(desk)
    token, how = caller.client.cookies["session"], Watching(look_seconds=0.01, keep_alive_seconds=0)
    visitor = known_by(desk.house, token, "local:test")
    stream = EventStream(partial(look, desk.house, token, "local:test", export), visitor, how)

    sent = send_out(stream, 3)

    assert sent[2]["body"].startswith(b": ")


def test_anothers_export_isnt_watched(desk: Desk) -> None:
    """Another's, none at all and without a session: 404, 404, 401."""
    _caller, export = asked(desk)
    stranger, _own = asked(desk)

    answers = [
        stranger.get(f"/v1/exports/{export}/events"),
        stranger.get(f"/v1/exports/{uuid4()}/events"),
        desk.caller().get(f"/v1/exports/{export}/events"),
    ]

    assert [404, 404, 401] == [answer.status_code for answer in answers]
    with reading(desk.house.engine) as connection:
        assert State.ACCEPTED == export_by_id(connection, export).state
