"""The real vault process, for tests that need a socket."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.vault.fakes import MemoryLedger
from vault.client import VaultClient
from vault.errors import VaultUnavailableError

PROJECT = Path(__file__).parents[2]


@dataclass(kw_only=True)
class VaultProcess:
    """One vault process that can be killed and started again on its folder."""

    home: Path
    socket: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until `status` is answered."""
        command = [
            sys.executable,
            "-m",
            "vault.server",
            "--home",
            str(self.home),
            "--socket",
            str(self.socket),
        ]
        self.process = subprocess.Popen(command, cwd=PROJECT)
        client = VaultClient(self.socket, "", MemoryLedger())
        while True:
            try:
                client.status()
            except VaultUnavailableError:
                if self.process.poll() is not None:
                    raise
                time.sleep(0.01)
            else:
                return

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End the process by a signal and return its exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(number)
        code = self.process.wait(10)
        self.process = None
        return code

    def kill(self) -> None:
        """End the process at once; a process that has ended stays so."""
        self.stop(signal.SIGKILL)


@contextmanager
def a_vault_process(home: Path) -> Iterator[VaultProcess]:
    """Run a vault on a founded home, behind a path short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="sv-") as folder:
        vault = VaultProcess(home=home, socket=Path(folder) / "v.sock")
        vault.start()
        try:
            yield vault
        finally:
            vault.stop()
