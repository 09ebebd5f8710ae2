"""A `serve` in a process of its own, as a person starts it, and what tests ask of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from house.enrolment import SignIn
from house.probes import free_port

PATIENCE_SECONDS = 60.0


def is_running(pid: int) -> bool:
    """Tell whether a process goes on; one that its parent hasn't waited for yet doesn't."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@dataclass
class Served:
    """One folder that is served, stopped and served again."""

    data: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[str] | None = None
    said: dict[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def errors(self) -> Path:
        """What it said on standard error, in all its runs."""
        return self.data.parent / "stderr"

    def command(self, *options: str) -> list[str]:
        """Return the command line."""
        place = [f"--data={self.data}", f"--port={self.port}"]
        return [sys.executable, "-m", "cli.main", "serve", *place, *options]

    def start(self) -> None:
        """Start and wait for the first line."""
        with self.errors.open("a") as errors:
            command = self.command("--demo", "--json")
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.errors.read_text()
        self.said = json.loads(line)

    def sign_in(self, part: str) -> SignIn:
        """Return what somebody signs in with."""
        return SignIn(**self.said[part])

    def pids(self) -> dict[int, str]:
        """Return the running processes of this folder and the server's children: pid and command line."""
        assert self.process is not None
        listed = subprocess.run(
            ["ps", "-ww", "-eo", "pid,ppid,stat,args"], capture_output=True, text=True, check=True
        )
        found: dict[int, str] = {}
        for line in listed.stdout.splitlines()[1:]:
            pid, parent, state, command = line.split(None, 3)
            is_ours = str(self.data) in command or int(parent) == self.process.pid
            if is_ours and not state.startswith("Z"):
                found[int(pid)] = command
        return found

    def pid_of(self, word: str) -> int:
        """Return the pid of the first process with a word in its command line, once there is one."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (found := [pid for pid, command in sorted(self.pids().items()) if word in command]):
            assert time.monotonic() < deadline, self.errors.read_text()
            time.sleep(0.05)
        return found[0]

    def wait_for_words(self, words: str) -> None:
        """Wait until it said something on standard error."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while words not in self.errors.read_text():
            assert time.monotonic() < deadline, self.errors.read_text()
            time.sleep(0.05)

    def kill_everything(self) -> None:
        """SIGKILL to the server, its watchdog and every child."""
        assert self.process is not None
        for pid in [self.process.pid, *self.pids()]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._reap()

    def stop(self) -> float:
        """SIGTERM; return how many seconds it took to end."""
        assert self.process is not None
        began = time.monotonic()
        self.process.terminate()
        self.process.wait(PATIENCE_SECONDS)
        took = time.monotonic() - began
        self._reap()
        return took

    def _reap(self) -> None:
        assert self.process is not None
        self.process.wait(PATIENCE_SECONDS)
        if self.process.stdout is not None:
            self.process.stdout.close()
