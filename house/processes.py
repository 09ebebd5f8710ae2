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
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from house.children import Child, ChildError, Watchdog, api_arguments, vault_arguments, worker_arguments
from house.interruption import Interruption
from house.parts import BrokerPart, ChildPart, Part
from house.probes import LOOPBACK, http_probe, queue_probe, vault_probe
from house.separation import give_home
from runtime.settings import Settings

SERVING_LOCK = "serving.lock"
CONSOLE_LOCK = "console.lock"
VAULT = "vault"
_START_SECONDS = 20.0
# Together under ten seconds, as a person waits for Ctrl-C. Whatever is cut short heals by its lease.
_DOORS_STOP_SECONDS = 6.5
_ENGINE_STOP_SECONDS = 1.5
# A command may hold the lock for a moment, to see whether anybody else does.
_LOOK_SECONDS = 0.5
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
        self.interruption = interruption
        self._settings = settings
        self._stages: list[tuple[float, list[Part]]] = []
        self._stack = ExitStack()
        self._logs = settings.data / "logs"

    def __enter__(self) -> Self:
        """Take the installation for this process alone."""
        message = f"an installation is running in {self._settings.data} already; stop it first"
        with ExitStack() as stack:
            stack.enter_context(
                holding(self._settings.data, SERVING_LOCK, wait_seconds=_LOOK_SECONDS, message=message)
            )
            self._logs.mkdir(mode=0o700, exist_ok=True)
            self.dog = Watchdog()
            stack.callback(self.dog.close)
            stack.callback(_leave_socket_folder, self._settings)
            stack.callback(self._stop_all)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything, last started first; another Ctrl-C doesn't cut that short."""
        with self.interruption.undisturbed():
            self._stack.__exit__(kind, error, trace)

    @property
    def parts(self) -> list[Part]:
        """What was started, in that order."""
        return [part for _, stage in self._stages for part in stage]

    def start_broker(self) -> None:
        """Start Valkey, unless the settings name a broker that runs already."""
        if self._settings.has_own_broker:
            self._start(_ENGINE_STOP_SECONDS, BrokerPart(self._settings, self.dog))

    def start_vault(self) -> None:
        """Start the vault, after any command that has one of its own just now.

        One that is a service of its own isn't started: it has to answer.
        """
        if self._settings.vault_external:
            check_answering(self._settings)
            return
        give_home(self._settings)
        vault = self._child(VAULT, vault_arguments(self._settings), vault_probe(self._settings))
        with self.vault_for_us(wait_seconds=_START_SECONDS):
            self._start(_ENGINE_STOP_SECONDS, vault)
            vault.wait_ready(_START_SECONDS)

    def start_doors(self, port: int, environment: Mapping[str, str]) -> str:
        """Start worker and API side by side, wait for both, and return the API's URL.

        `environment` holds what they need beyond the installation's own settings.
        """
        hears = queue_probe(self._settings)
        worker = self._child("worker", worker_arguments(self._settings), hears, environment)
        api = self._child("api", api_arguments(self._settings, port), http_probe(port), environment)
        self._start(_DOORS_STOP_SECONDS, worker, api)
        api.wait_ready(_START_SECONDS)
        worker.wait_ready(_START_SECONDS)
        return f"http://{LOOPBACK}:{port}"

    def check_running(self) -> None:
        """Raise ChildError when one of them has ended by itself; SystemExit when asked to end."""
        self.interruption.end_if_asked()
        for part in self.parts:
            part.check_running()

    @contextmanager
    def vault_for_us(self, *, wait_seconds: float) -> Iterator[None]:
        """Keep commands from starting a vault of their own; RunningAlreadyError where one has one."""
        message = "a command is still at work with the vault; try again when it has ended"
        with holding(self._settings.data, CONSOLE_LOCK, wait_seconds=wait_seconds, message=message):
            yield

    def _child(
        self,
        name: str,
        arguments: list[str],
        is_ready: Callable[[], bool],
        environment: Mapping[str, str] | None = None,
    ) -> ChildPart:
        return ChildPart(
            name=name,
            arguments=arguments,
            log=self._logs / f"{name}.log",
            dog=self.dog,
            is_ready=is_ready,
            environment=environment or {},
        )

    def _start(self, stop_seconds: float, *parts: Part) -> None:
        for part in parts:
            with self.interruption.undisturbed():
                if part is parts[0]:
                    self._stages.append((stop_seconds, []))
                self._stages[-1][1].append(part)
                part.start()

    def _stop_all(self) -> None:
        """Stop stage by stage, what stands in one stage side by side."""
        for seconds, stage in reversed(self._stages):
            deadline = time.monotonic() + seconds
            for part in stage:
                part.ask_to_end()
            for part in stage:
                part.stop(max(0.0, deadline - time.monotonic()))


@contextmanager
def with_vault(settings: Settings, interruption: Interruption) -> Iterator[None]:
    """Have a vault for the block: the running one, or a child for as long as the block takes."""
    message = "another command is at work here; try again when it has ended"
    with holding(settings.data, CONSOLE_LOCK, wait_seconds=60, message=message), ExitStack() as stack:
        answers = vault_probe(settings)
        if settings.vault_external:
            check_answering(settings)
        elif not answers():
            give_home(settings)
            logs = settings.data / "logs"
            logs.mkdir(mode=0o700, exist_ok=True)
            stack.callback(_leave_socket_folder, settings)
            dog = Watchdog()
            stack.callback(dog.close)
            with interruption.undisturbed():
                child = Child("vault", vault_arguments(settings), logs / "vault.log", dog, {})
                stack.callback(child.stop, _ENGINE_STOP_SECONDS)
            child.wait_ready(answers, _START_SECONDS)
        yield


def check_answering(settings: Settings, *, seconds: float = _START_SECONDS) -> None:
    """Raise ChildError where the vault, a service of its own, doesn't answer in time."""
    answers, deadline = vault_probe(settings), time.monotonic() + seconds
    while not answers():
        if time.monotonic() >= deadline:
            raise ChildError(f"no vault answers at {settings.vault_socket}: start its service")
        time.sleep(_POLL_SECONDS)


def _leave_socket_folder(settings: Settings) -> None:
    """Remove the folder of sockets where it lies outside the installation and is empty."""
    folder = settings.vault_socket.parent
    if folder.parent != settings.data:
        with suppress(OSError):
            folder.rmdir()
