"""Where the outgoing stream ends: a file or FIFO, or somebody's HTTPS endpoint.

Laws
1. `send` returns once the other end has the batch, or raises SinkError within its deadline.
2. A batch goes out whole; a file that a crash left without its last newline gets one first.
"""

from __future__ import annotations

import errno
import os
import select
import stat
import time
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from delivery.posting import PostingError, Road

MEDIA_TYPE = "application/x-ndjson"


class SinkTrouble(StrEnum):
    """Why a batch wasn't taken."""

    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    UNWRITABLE = "unwritable"
    NOBODY_READS = "nobody-reads"
    TOO_SLOW = "too-slow"


class SinkError(Exception):
    """The sink didn't take the batch; `trouble` says why."""

    def __init__(self, trouble: SinkTrouble) -> None:
        super().__init__(f"the stream's sink failed: {trouble.value}")
        self.trouble = trouble


class Sink(Protocol):
    """Takes batches."""

    def send(self, data: bytes, key: str) -> None:
        """Hand a batch over; `key` is the same when it is repeated. Raises SinkError."""
        ...


@dataclass(frozen=True, kw_only=True)
class HttpSink:
    """POSTs each batch; any 2xx is a receipt."""

    url: str
    road: Road
    token: str | None = field(default=None, repr=False)

    def send(self, data: bytes, key: str) -> None:
        """Post a batch."""
        headers = {"Content_Type": MEDIA_TYPE, "Idempotency_Key": key}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            answer = self.road.post(self.url, data, **headers)
        except PostingError:
            raise SinkError(SinkTrouble.UNREACHABLE) from None
        if answer.status // 100 != 2:  # noqa: PLR2004 - RFC 9110: 2xx is success
            raise SinkError(SinkTrouble.REFUSED)


@dataclass(frozen=True, kw_only=True)
class FileSink:
    """Appends each batch to a file, durably, or writes it into a FIFO that somebody reads."""

    path: Path
    seconds: float = 10.0

    def send(self, data: bytes, key: str) -> None:  # noqa: ARG002 - a file's reader has the header
        """Append a batch."""
        is_fifo = self._is_fifo()
        # Not blocking: a FIFO that nobody reads is an error at once.
        flags = os.O_WRONLY | os.O_NONBLOCK if is_fifo else os.O_RDWR | os.O_APPEND | os.O_CREAT
        try:
            descriptor = os.open(self.path, flags | os.O_CLOEXEC, 0o600)
        except OSError as error:
            nobody = error.errno == errno.ENXIO
            raise SinkError(SinkTrouble.NOBODY_READS if nobody else SinkTrouble.UNWRITABLE) from None
        try:
            if is_fifo:
                self._feed(descriptor, data)
            else:
                _append(descriptor, data)
        except OSError:
            raise SinkError(SinkTrouble.UNWRITABLE) from None
        finally:
            os.close(descriptor)

    def _is_fifo(self) -> bool:
        try:
            return stat.S_ISFIFO(self.path.stat().st_mode)
        except FileNotFoundError:
            return False

    def _feed(self, descriptor: int, data: bytes) -> None:
        deadline = time.monotonic() + self.seconds
        rest = memoryview(data)
        while rest:
            wait = deadline - time.monotonic()
            if wait <= 0 or not select.select([], [descriptor], [], wait)[1]:
                raise SinkError(SinkTrouble.TOO_SLOW)
            rest = rest[os.write(descriptor, rest) :]


def _append(descriptor: int, data: bytes) -> None:
    size = os.fstat(descriptor).st_size
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        data = b"\n" + data
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    os.fsync(descriptor)
