"""The vault's process: a unix socket around the keeper.

`python -m vault.server --home DIR --socket PATH [--clock-offset SECONDS] [--parent-pid PID]`

Laws:
1. A connection carries calls one after another; one thread a connection, one call at a time at
   the keeper. A call whose proof was stale keeps its turn for half a second, so that honest
   callers who race are answered, and a slow or hostile one holds nobody up for longer than that.
   Requests are read before the turn, and what takes long in an answer is made after it.
2. Reading has a limit in bytes and a deadline; when all places are taken, who has waited
   longest without a whole request makes room.
3. Nothing secret is written anywhere but into answers; no core dump, no tracing by the same user;
   home 0700; socket 0600, or 0660 for a group. Started as root it can be a user of its own, and is
   so before it opens anything.
4. It ends on SIGTERM and SIGINT, and when the process that started it has gone.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from runtime.clock import HouseClock
from runtime.processes import UserError, become, find_group, forbid_tracing, keep_to_itself
from vault.birth import await_founding
from vault.errors import Code
from vault.framing import (
    REQUEST_MAX_BYTES,
    FrameReader,
    FramingError,
    decode_body,
    encode_frame,
    send_frame,
)
from vault.home import STORE_NAME, HomeError
from vault.keeper import Keeper, Tries
from vault.messages import Answer, Request, read_request, write_answer
from vault.providers import provider_from
from vault.quotas import read_quotas
from vault.store import Store
from vault.turns import Turns
from vault.wrapping import ProviderError

SOCKET_PATH_MAX_BYTES = 100  # the kernel's limit is 108 with its terminator; others have 104
HOLD_SECONDS = 0.5
READ_SECONDS = 10.0
PLACES = 64
_ACCEPT_SECONDS = 0.2
_BACKLOG = 128


class Server:
    """Serves a keeper on a listening socket until it is told to stop."""

    def __init__(
        self, keeper: Keeper, listener: socket.socket, *, hold_seconds: float = HOLD_SECONDS
    ) -> None:
        """Take an open keeper and a bound socket; `hold_seconds` is how long a stale call keeps its turn."""
        self._keeper = keeper
        self._hold_seconds = hold_seconds
        self._listener = listener
        self._turns = Turns()
        self._places = threading.BoundedSemaphore(PLACES)
        self._silent: dict[int, socket.socket] = {}
        self._guard = threading.Lock()
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Take no more calls; those that have come are still answered in their turn."""
        self._stopping.set()

    def run(self, parent: int) -> None:
        """Serve until stopped, or until the process `parent` isn't the parent any more."""
        self._listener.settimeout(_ACCEPT_SECONDS)
        while not self._stopping.is_set():
            if os.getppid() != parent:
                break
            try:
                connection, _address = self._listener.accept()
            except TimeoutError:
                continue
            self._take_place()
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()
        self._listener.close()
        # Whoever has the turn ends first; from here on nobody gets one.
        self._turns.close()

    def _take_place(self) -> None:
        is_free = self._places.acquire(blocking=False)
        while not is_free:
            with self._guard:
                oldest = next(iter(self._silent.values()), None)
                if oldest is not None:
                    with contextlib.suppress(OSError):
                        oldest.shutdown(socket.SHUT_RDWR)
            is_free = self._places.acquire(timeout=_ACCEPT_SECONDS)

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection:
                self._serve_calls(connection)
        except FramingError:
            pass
        except Exception as error:  # noqa: BLE001 - one call that breaks must not end the others
            # The class alone: a message may quote what was asked. This process imports as little as it can.
            sys.stderr.write(f"vault: a call failed: {type(error).__name__}\n")
        finally:
            self._places.release()

    def _serve_calls(self, connection: socket.socket) -> None:
        reader, tries = FrameReader(connection, max_bytes=REQUEST_MAX_BYTES), Tries()
        while True:
            with self._guard:
                self._silent[id(connection)] = connection
            try:
                body = reader.read(seconds=READ_SECONDS)
            finally:
                with self._guard:
                    del self._silent[id(connection)]
            if body is None:
                return
            request = _read(body)
            if request is None:
                send_frame(connection, _BAD_REQUEST, seconds=READ_SECONDS)
                return
            with self._turns.take():
                answer = self._answer_in_turn(connection, reader, request, tries)
            if answer is not None:
                send_frame(connection, encode_frame(write_answer(answer.whole())), seconds=READ_SECONDS)
                tries = Tries()

    def _answer_in_turn(
        self, connection: socket.socket, reader: FrameReader, request: Request, tries: Tries
    ) -> Answer | None:
        """Return the call's last answer, or None where the turn ran out before its next try."""
        while True:
            answer = self._keeper.answer(request, tries)
            if answer.code is not Code.STALE:
                return answer
            send_frame(connection, encode_frame(write_answer(answer)), seconds=self._hold_seconds)
            body = reader.read(seconds=self._hold_seconds)
            if body is None:
                return None
            again = _read(body)
            if again is None:
                return Answer(code=Code.BAD_REQUEST)
            request = again


def _read(body: bytes) -> Request | None:
    try:
        return read_request(decode_body(body))
    except FramingError:
        return None


_BAD_REQUEST = encode_frame(write_answer(Answer(code=Code.BAD_REQUEST)))


def listen(path: Path, group: int | None = None) -> socket.socket:
    """Return a socket that listens at a path, for its owner or a group too. A long path is a HomeError."""
    if len(os.fsencode(path)) > SOCKET_PATH_MAX_BYTES:
        raise HomeError(
            f"the vault's socket path is over {SOCKET_PATH_MAX_BYTES} bytes; choose a shorter one"
        )
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(os.fspath(path))
    if group is not None:
        os.chown(path, -1, group)
    path.chmod(0o600 if group is None else 0o660)
    listener.listen(_BACKLOG)
    return listener


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the vault's process; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m vault.server", description="Sealed Book's vault.")
    parser.add_argument("--home", type=Path, required=True, help="the vault's folder")
    parser.add_argument("--socket", type=Path, required=True, help="where to listen (a short path)")
    parser.add_argument("--parent-pid", type=int, help="end when this isn't the parent any more")
    parser.add_argument("--clock-offset", type=float, default=0.0, help="seconds; a demo's only")
    parser.add_argument("--user", help="as root: give up its rights for this user's")
    parser.add_argument("--socket-group", help="who may speak to the vault besides its own user")
    parser.add_argument("--await-founding", action="store_true", help="be founded over the socket")
    options = parser.parse_args(arguments)
    parent = os.getppid() if options.parent_pid is None else options.parent_pid
    keep_to_itself()
    try:
        group = find_group(options.socket_group) if options.socket_group else None
        if options.user:
            become(options.user, () if group is None else (group,))
        # After it: the kernel decides anew whenever a process changes its user.
        forbid_tracing()
        quotas = read_quotas(options.home)
        provider = provider_from(os.environ, options.home)
        listener = None
        if options.await_founding and not (options.home / STORE_NAME).exists():
            listener = listen(options.socket, group)
            if not await_founding(listener, options.home, provider, lambda: os.getppid() != parent):
                return 0
        store = Store(options.home, provider=provider)
        listener = listener or listen(options.socket, group)
    except (HomeError, ProviderError, UserError) as error:
        sys.stderr.write(f"vault: {error}\n")
        return 1
    keeper = Keeper(store, HouseClock(timedelta(seconds=options.clock_offset)), HouseClock(), quotas)
    server = Server(keeper, listener)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: server.stop())
    server.run(parent)
    store.close()
    options.socket.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
