"""Tests of the queue, on a real Valkey server."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from celery import Celery
from redis import Redis
from structlog.testing import capture_logs

from runtime.broker import ADVANCE, SWEEP, make_queue, start_valkey, wake

QUEUE_KEY = "sealedbook:celery"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# What Celery's protocol writes into every message, whatever is asked for.
PROTOCOL_WORDS = {
    "", "py", "{}", "celery", "base64", "utf-8", "application/json", "<uuid>", "['<uuid>']",
    f"gen{os.getpid()}@{socket.gethostname()}",
}  # fmt: skip


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Path]:
    """Run a Valkey and return its socket."""
    path = tmp_path / "broker.sock"
    server = start_valkey(tmp_path / "valkey", path)
    yield path
    server.stop()


def messages(broker: Path) -> list[dict[str, Any]]:
    """Return the messages that lie in the queue, the oldest first."""
    with Redis(unix_socket_path=str(broker)) as client:
        found: Any = client.lrange(QUEUE_KEY, 0, -1)
    return [json.loads(message) for message in reversed(found)]


def words_of(value: Any) -> set[str]:
    """Return every text in a message, with each UUID named as one."""
    if isinstance(value, dict):
        return {word for inner in value.values() for word in words_of(inner)}
    if isinstance(value, list):
        return {word for inner in value for word in words_of(inner)}
    return {UUID.sub("<uuid>", value)} if isinstance(value, str) else set()


def test_a_message_carries_the_id_and_nothing_else(broker: Path) -> None:
    """In the queue lies one UUID: the decoded body holds it alone, the headers name it and the task."""
    export = str(uuid4())
    with make_queue(broker) as queue:
        assert wake(queue, ADVANCE, export)
    (message,) = messages(broker)
    body = json.loads(base64.b64decode(message.pop("body")))
    nothing = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}
    assert [[export], {}, nothing] == body
    assert {ADVANCE} == words_of(message) - PROTOCOL_WORDS
    assert f"['{export}']" == message["headers"]["argsrepr"]


def test_a_wake_of_the_sweep_carries_nothing(broker: Path) -> None:
    """The sweep's message has no argument at all."""
    with make_queue(broker) as queue:
        assert wake(queue, SWEEP)
    (message,) = messages(broker)
    assert [[], {}] == json.loads(base64.b64decode(message.pop("body")))[:2]
    assert {SWEEP, "[]"} == words_of(message) - PROTOCOL_WORDS


@pytest.mark.parametrize("export", ["", "April Ramos", "1118207186", "0b6ab0b2-52a6-4b3e-9d7b"])
def test_nothing_but_an_id_is_published(broker: Path, export: str) -> None:
    """What isn't a UUID is refused before anything is published."""
    with make_queue(broker) as queue, pytest.raises(ValueError, match="UUID"):
        wake(queue, ADVANCE, export)
    assert [] == messages(broker)


def test_a_wake_on_a_dead_socket_says_so(tmp_path: Path) -> None:
    """Without a broker a wake-up is lost, which is logged and no error."""
    with make_queue(tmp_path / "nowhere.sock") as queue, capture_logs() as logged:
        woken = wake(queue, ADVANCE, str(uuid4()))
    assert woken is False
    assert [{"event": "wake.lost", "log_level": "warning", "task": ADVANCE}] == logged


def test_a_wake_is_heard_again_once_the_broker_is_back(tmp_path: Path) -> None:
    """A queue that lost its broker publishes again when there is one."""
    path = tmp_path / "broker.sock"
    with make_queue(path) as queue:
        lost = wake(queue, SWEEP)
        server = start_valkey(tmp_path / "valkey", path)
        try:
            heard = wake(queue, SWEEP)
        finally:
            server.stop()
    assert (False, True) == (lost, heard)


def test_celerys_own_tasks_are_gone(tmp_path: Path) -> None:
    """Nothing can be called through the queue but what the worker registers."""
    queue: Celery = make_queue(tmp_path / "broker.sock")
    assert [] == list(queue.tasks)

    @queue.task(name=ADVANCE)
    def advance(_export: str) -> None:
        """Do nothing."""

    assert [ADVANCE] == list(queue.tasks)


def test_the_queue_survives_a_kill(tmp_path: Path) -> None:
    """What was published is still queued, in order, after the server was killed and started again."""
    path = tmp_path / "broker.sock"
    exports = [str(uuid4()) for _ in range(10)]
    server = start_valkey(tmp_path / "valkey", path)
    with make_queue(path) as queue:
        assert [True] * 10 == [wake(queue, ADVANCE, export) for export in exports]
    process: Any = server._process
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    again = start_valkey(tmp_path / "valkey", path)
    try:
        found = [json.loads(base64.b64decode(message["body"]))[0][0] for message in messages(path)]
    finally:
        again.stop()
        server.stop()
    assert exports == found
