"""Sinks take a batch whole or say why not, and never keep anybody waiting for ever."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from delivery.posting import MAX_ANSWER_BYTES, PostingError, Road, check_address
from delivery.sinks import FileSink, HttpSink, Sink, SinkError, SinkTrouble
from tests.listeners import Listener, a_listener

BATCH = b'{"stream":1}\n' * 3


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A server that takes batches."""
    with a_listener() as heard:
        yield heard


def sink_to(listener: Listener, seconds: float = 0.3) -> HttpSink:
    """Return a sink with little patience."""
    return HttpSink(url=listener.url, road=Road(seconds=seconds), token="a-token")


def trouble_of(sink: Sink, data: bytes = BATCH) -> SinkTrouble:
    """Return why a sink doesn't take a batch."""
    with pytest.raises(SinkError) as caught:
        sink.send(data, "0-3")
    return caught.value.trouble


def test_an_endpoint_gets_batch_key_and_token(listener: Listener) -> None:
    """A repeated batch can be told by its key."""
    sink_to(listener, 10).send(BATCH, "0-3")
    (headers,) = listener.headers
    assert [BATCH] == listener.batches
    assert ("0-3", "Bearer a-token") == (headers["idempotency-key"], headers["authorization"])


def test_an_endpoint_that_fails_hangs_or_drips_is_left(listener: Listener) -> None:
    """An error status is a refusal; no answer in time, and one without end, are none."""
    listener.status = 500
    assert SinkTrouble.REFUSED == trouble_of(sink_to(listener, 10))
    listener.status, listener.drips = 200, True
    assert SinkTrouble.UNREACHABLE == trouble_of(sink_to(listener))
    listener.drips, listener.waits_for = False, threading.Event()
    assert SinkTrouble.UNREACHABLE == trouble_of(sink_to(listener))
    assert SinkTrouble.UNREACHABLE == trouble_of(HttpSink(url="http://127.0.0.1:9/", road=Road(seconds=1)))


def test_a_file_grows_by_whole_batches(tmp_path: Path) -> None:
    """What a crash left half is ended before the next batch."""
    path = tmp_path / "stream.jsonl"
    FileSink(path=path).send(BATCH, "0-3")
    with path.open("ab") as file:
        file.write(b'{"torn')
    FileSink(path=path).send(BATCH, "0-3")
    assert BATCH + b'{"torn\n' + BATCH == path.read_bytes()
    assert 0 == path.stat().st_mode & 0o077
    assert SinkTrouble.UNWRITABLE == trouble_of(FileSink(path=tmp_path / "none" / "x"))


def test_a_fifo_is_fed_while_somebody_reads(tmp_path: Path) -> None:
    """Without a reader it fails at once, with a slow one in time."""
    path = tmp_path / "fifo"
    os.mkfifo(path)
    assert SinkTrouble.NOBODY_READS == trouble_of(FileSink(path=path))
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        FileSink(path=path).send(BATCH, "0-3")
        assert BATCH == os.read(reader, 1000)
        assert SinkTrouble.TOO_SLOW == trouble_of(FileSink(path=path, seconds=0.1), b"x" * 1_000_000)
    finally:
        os.close(reader)


@pytest.mark.parametrize(
    "url", ["http://siem.example/", "ftp://siem.example/", "https://", "siem", "http://[::", "file:///etc"]
)
def test_an_address_is_https_or_this_machine(url: str) -> None:
    """Entries go nowhere without TLS."""
    with pytest.raises(PostingError):
        check_address(url)


def test_a_long_answer_is_cut_off(listener: Listener) -> None:
    """Nobody makes the worker read without end."""
    assert MAX_ANSWER_BYTES < 1_000_000
    for url in ("https://siem.example/", "http://localhost:1/", "http://[::1]:1/"):
        check_address(url)
    assert not listener.asked
