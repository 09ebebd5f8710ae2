"""Lines to the vault: connections that carry one call after another.

Laws
1. A line serves one call at a time, with all its tries, and is kept for the next one only
   after a whole answer. What breaks is closed, and its call isn't repeated: it may have opened.
2. A kept line is used again only while the vault would still wait on it; one that the vault
   closed meanwhile is seen and left.
"""

from __future__ import annotations

import os
import select
import socket
import time
import weakref
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vault.errors import Code, VaultUnavailableError
from vault.framing import ANSWER_MAX_BYTES, FrameReader, FramingError, decode_body, encode_frame
from vault.framing import send_frame as send
from vault.messages import Answer, Request, read_answer, write_request

ANSWER_SECONDS = 60.0
# Less than the vault's patience with a silent line.
KEPT_SECONDS = 5.0
KEPT_MOST = 4
_AGAIN_SECONDS = 0.01


class Line:
    """One connection to the vault."""

    def __init__(self, path: Path) -> None:
        """Connect, or raise VaultUnavailableError."""
        self.used_at = 0.0
        self._connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._connection.settimeout(ANSWER_SECONDS)
        self._reader = FrameReader(self._connection, max_bytes=ANSWER_MAX_BYTES)
        deadline = time.monotonic() + ANSWER_SECONDS
        while not self._connects(path):
            if time.monotonic() > deadline:
                self._connection.close()
                raise VaultUnavailableError(Code.UNAVAILABLE)
            time.sleep(_AGAIN_SECONDS)

    def _connects(self, path: Path) -> bool:
        try:
            self._connection.connect(os.fspath(path))
        except BlockingIOError:
            # Many callers wait at the door; a unix socket says so instead of waiting itself.
            return False
        except OSError:
            self._connection.close()
            raise VaultUnavailableError(Code.UNAVAILABLE) from None
        return True

    def ask(self, request: Request) -> Answer:
        """Ask, and return the answer; a line that breaks is a VaultUnavailableError."""
        try:
            send(self._connection, encode_frame(write_request(request)), seconds=ANSWER_SECONDS)
            body = self._reader.read(seconds=ANSWER_SECONDS)
            if body is None:
                raise VaultUnavailableError(Code.UNAVAILABLE)
            answer = read_answer(decode_body(body))
        except FramingError:
            raise VaultUnavailableError(Code.UNAVAILABLE) from None
        self.used_at = time.monotonic()
        return answer

    def is_good(self) -> bool:
        """Tell whether a line that was kept can carry another call."""
        if time.monotonic() - self.used_at > KEPT_SECONDS:
            return False
        # The vault says nothing unasked: what can be read is the end.
        poll = select.poll()
        poll.register(self._connection, select.POLLIN)
        return not poll.poll(0)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


class Lines:
    """The lines of one client. Thread-safe; they are closed when nobody holds this any more."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept: deque[Line] = deque()
        weakref.finalize(self, _close_all, self._kept)

    @contextmanager
    def line(self) -> Iterator[Line]:
        """Have a line for one call; it is kept unless the block raises."""
        line = self._take()
        try:
            yield line
        except BaseException:
            line.close()
            raise
        if len(self._kept) < KEPT_MOST:
            self._kept.append(line)
        else:
            line.close()

    def _take(self) -> Line:
        while self._kept:
            try:
                line = self._kept.pop()
            except IndexError:
                break
            if line.is_good():
                return line
            line.close()
        return Line(self._path)


def _close_all(kept: deque[Line]) -> None:
    while kept:
        kept.pop().close()
