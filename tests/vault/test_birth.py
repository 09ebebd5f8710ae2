"""A vault that is founded over its own socket: once, by the first who asks properly."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.vault.factories import ORIGIN
from tests.vault.fakes import MemoryLedger
from tests.vault.process import PROJECT
from vault.birth import ask_founding
from vault.client import VaultClient, ask_status
from vault.errors import Code, VaultError, VaultRefusedError, VaultUnavailableError
from vault.health import main as health
from vault.table import CallerKind


@pytest.fixture
def unborn(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """A vault's process on an empty home, waiting to be founded: home and socket."""
    with tempfile.TemporaryDirectory(prefix="sv-") as folder:
        home, path = tmp_path / "vault", Path(folder) / "v.sock"
        command = [sys.executable, "-m", "vault.server", "--home", str(home), "--socket", str(path)]
        process = subprocess.Popen([*command, "--await-founding"], cwd=PROJECT)
        while not path.exists():
            assert process.poll() is None
            time.sleep(0.01)
        yield home, path
        process.terminate()
        process.wait(10)


def test_the_first_who_asks_founds_it_and_it_is_a_vault_from_then_on(unborn: tuple[Path, Path]) -> None:
    """Before, it says that it is unfounded and counts as well; after, a second founding is refused."""
    home, path = unborn
    with pytest.raises(VaultUnavailableError) as caught:
        ask_status(path)

    assert caught.value.code is Code.UNFOUNDED
    assert 0 == health(["--socket", str(path)])

    founding = ask_founding(path, ORIGIN, demo=True)
    api = VaultClient(path, founding.credentials[CallerKind.API], MemoryLedger())

    assert api.sign().startswith(ORIGIN)
    assert api.status().vkey == founding.vkey
    assert home.stat().st_mode & 0o777 == 0o700
    with pytest.raises(VaultRefusedError) as refused:
        ask_founding(path, ORIGIN, demo=True)
    assert refused.value.code is Code.BAD_REQUEST
    assert api.status().vkey == founding.vkey


def test_what_can_t_be_meant_founds_nothing(unborn: tuple[Path, Path]) -> None:
    """Silence, noise and a bad name leave it waiting for the right question."""
    home, path = unborn
    for noise in (b"", b"\0\0\0\2{}", b"\0\0\0\1x", b"\xff\xff\xff\xff"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.connect(str(path))
            connection.sendall(noise)
    with pytest.raises(VaultError):
        ask_founding(path, "two words", demo=True)

    assert not home.exists()
    assert ask_founding(path, ORIGIN, demo=False).vkey.startswith(ORIGIN)


def test_where_nothing_listens_nothing_is_founded(tmp_path: Path) -> None:
    """It is told as a vault that can't be reached."""
    with pytest.raises(VaultUnavailableError):
        ask_founding(tmp_path / "none", ORIGIN, demo=True)
