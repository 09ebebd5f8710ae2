"""One child process: started in a session of its own, known to the watchdog, stopped for sure.

Its own session keeps Ctrl-C away from it: the parent alone hears that and stops the children
in order. What the child writes goes to its log file, and an error shows that file's end.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from house import watchdog
from runtime.settings import Settings

_TAIL_LINES = 8
_POLL_SECONDS = 0.05


class ChildError(Exception):
    """A process of the house didn't start or ended by itself; the message shows its log's end."""


class Watchdog:
    """The parent's end of the pipe to the watchdog's process."""

    def __init__(self, *, grace_seconds: float = 3.0) -> None:
        self._grace_seconds = grace_seconds
        self._watched: set[int] = set()
        self._process = self._start()

    def heal(self) -> bool:
        """Start the watchdog's process again if it has ended; tell whether it had."""
        if self._process.poll() is None:
            return False
        self._close_pipe()
        self._process = self._start()
        for pid in self._watched:
            self._say(f"watch {pid}\n")
        return True

    def watch(self, pid: int) -> None:
        """End this process, or the group that it leads, when the parent is killed."""
        self._watched.add(pid)
        self._say(f"watch {pid}\n")

    def forget(self, pid: int) -> None:
        """Let a process be: it was stopped."""
        self._watched.discard(pid)
        self._say(f"forget {pid}\n")

    def close(self) -> None:
        """Close the pipe; whatever is still watched is ended."""
        self._close_pipe()
        self._process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        # -I and -S: the standard library is all it needs, and it starts in a moment.
        return subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-I", "-S", watchdog.__file__, str(self._grace_seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _close_pipe(self) -> None:
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def _say(self, line: str) -> None:
        if self._process.stdin is not None:
            # A dead watchdog is no reason to stop working, only a protection less.
            with contextlib.suppress(OSError):
                self._process.stdin.write(line.encode())
                self._process.stdin.flush()


class Child:
    """A started process of the house."""

    def __init__(
        self, name: str, arguments: Sequence[str], log: Path, dog: Watchdog, environment: Mapping[str, str]
    ) -> None:
        self.name = name
        self._log = log
        self._dog = dog
        self._asked = False
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "ab") as file:
            self._log_start = file.tell()
            self._process = subprocess.Popen(  # noqa: S603 - our own programs
                [sys.executable, "-m", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, **environment},
            )
        dog.watch(self._process.pid)

    def wait_ready(self, is_ready: Callable[[], bool], seconds: float) -> None:
        """Return when the process is ready; ChildError when it ends or takes too long."""
        deadline = time.monotonic() + seconds
        while not is_ready():
            self.check_running()
            if time.monotonic() > deadline:
                raise ChildError(f"the {self.name} isn't ready after {seconds:.0f} seconds{self._tail()}")
            time.sleep(_POLL_SECONDS)

    def check_running(self) -> None:
        """Raise ChildError when the process has ended by itself."""
        code = self._process.poll()
        if code is not None:
            raise ChildError(f"the {self.name} ended by itself (exit code {code}){self._tail()}")

    def has_ended(self) -> bool:
        """Tell whether the process isn't there any more."""
        return self._process.poll() is not None

    def ask_to_end(self) -> None:
        """Ask the process to end, once: a worker takes a second time for haste. Wait for nothing."""
        if not self._asked and self._process.poll() is None:
            self._process.terminate()
        self._asked = True

    def stop(self, seconds: float) -> None:
        """Ask the process to end, and end it and all that it started when it doesn't."""
        pid = self._process.pid
        self.ask_to_end()
        if self._process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
        # The group outlives its leader where a pool process hangs.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        self._process.wait()
        self._dog.forget(pid)

    def _tail(self) -> str:
        with self._log.open("rb") as file:
            file.seek(self._log_start)
            lines = file.read().decode(errors="replace").splitlines()[-_TAIL_LINES:]
        return "".join(f"\n  {line}" for line in [f"{self._log} ends:", *lines]) if lines else ""


def vault_arguments(settings: Settings) -> list[str]:
    """Return the vault's command line."""
    return [
        "vault.server",
        f"--home={settings.vault_home}",
        f"--socket={settings.vault_socket}",
        f"--clock-offset={settings.clock_offset}",
        f"--parent-pid={os.getpid()}",
        *([f"--user={settings.vault_user}"] if settings.vault_user else []),
        *([f"--socket-group={settings.vault_socket_group}"] if settings.vault_socket_group else []),
    ]


def worker_arguments(settings: Settings) -> list[str]:
    """Return the worker's command line."""
    return ["worker.main", f"--data={settings.data}", f"--parent-pid={os.getpid()}"]


def api_arguments(settings: Settings, port: int) -> list[str]:
    """Return the API's command line."""
    return ["api.main", f"--data={settings.data}", f"--port={port}", f"--parent-pid={os.getpid()}"]
