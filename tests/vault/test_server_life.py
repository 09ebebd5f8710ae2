"""The process's life: signals, kills, its parent's end."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.vault.factories import ORIGIN, import_permit
from tests.vault.fakes import MemoryLedger
from tests.vault.process import PROJECT, a_vault_process
from vault.ceremony import create_vault
from vault.client import VaultClient
from vault.errors import VaultUnavailableError
from vault.table import CallerKind


def test_sigterm_ends_it_cleanly_and_it_comes_back(tmp_path: Path) -> None:
    """Exit code 0, socket gone, head remembered; after a kill as well."""
    founding = create_vault(tmp_path / "vault", ORIGIN)
    ledger = MemoryLedger()
    ledger.append(import_permit())
    with a_vault_process(tmp_path / "vault") as process:
        api = VaultClient(process.socket, founding.credentials[CallerKind.API], ledger)
        api.sign()

        assert process.stop() == 0
        assert not process.socket.exists()
        with pytest.raises(VaultUnavailableError):
            api.status()

        process.start()

        assert api.status().size == 1
        assert process.stop(signal.SIGKILL) == -signal.SIGKILL

        process.start()

        assert api.status().size == 1
        assert api.status().locked is False


_ORPHAN = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-m", "vault.server", *sys.argv[1:]])
print(child.pid, flush=True)
sys.stdin.read()
import os; os._exit(1)
"""


def test_it_does_not_outlive_its_parent(tmp_path: Path) -> None:
    """When the process that started it is gone, the vault goes too."""
    create_vault(tmp_path / "vault", ORIGIN)
    with a_vault_process(tmp_path / "vault") as process:
        process.stop()
        arguments = ["--home", str(process.home), "--socket", str(process.socket)]
        parent = subprocess.Popen(
            [sys.executable, "-c", _ORPHAN, *arguments],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert parent.stdout is not None
        assert parent.stdin is not None
        parent.stdout.readline()
        while not process.socket.exists():
            time.sleep(0.01)
        parent.stdin.close()
        parent.wait(10)
        parent.stdout.close()
        while process.socket.exists():
            time.sleep(0.01)
