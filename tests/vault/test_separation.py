"""Walls around the vault's process: a user of its own, and memory that its own user can't read.

Other users are made by forking: an interpreter may lie where they can't start one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from runtime.processes import UserError, become, find_group, find_user
from tests.vault.factories import ORIGIN
from tests.vault.fakes import MemoryLedger
from tests.vault.process import PROJECT
from vault.ceremony import Founding, create_vault
from vault.client import VaultClient
from vault.errors import VaultUnavailableError
from vault.table import CallerKind

# Users and groups need no entry to be somebody.
VAULT, STRANGER, GROUP = 64011, 64012, 64010
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can start processes as other users")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="/proc and prctl are Linux's")


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every user can go through."""
    with tempfile.TemporaryDirectory(prefix="sv-") as folder:
        path = Path(folder)
        path.chmod(0o711)
        sockets = path / "sockets"
        sockets.mkdir()
        os.chown(sockets, os.geteuid(), GROUP if os.geteuid() == 0 else -1)
        sockets.chmod(0o1770)
        yield path


@pytest.fixture
def founding(place: Path) -> Founding:
    """A vault in that folder; root gives it to the vault's user."""
    made = create_vault(place / "vault", ORIGIN)
    if os.geteuid() == 0:
        for path in (place / "vault", *(place / "vault").iterdir()):
            os.chown(path, VAULT, VAULT)
    return made


@pytest.fixture
def vault(place: Path, founding: Founding) -> Iterator[subprocess.Popen[bytes]]:
    """The vault's process, started by root as another user where there is root."""
    command = [sys.executable, "-m", "vault.server", "--home", str(place / "vault")]
    command += ["--socket", str(place / "sockets" / "v.sock")]
    if os.geteuid() == 0:
        command += ["--user", str(VAULT), "--socket-group", str(GROUP)]
    process = subprocess.Popen(command, cwd=PROJECT)
    client = VaultClient(place / "sockets" / "v.sock", founding.credentials[CallerKind.API], MemoryLedger())
    while True:
        try:
            client.status()
            break
        except VaultUnavailableError:
            assert process.poll() is None
            time.sleep(0.01)
    yield process
    process.terminate()
    process.wait(10)


def tried_as(user: int, group: int, *tries: Callable[[], object]) -> list[str]:
    """Return what came of each try in a process of that user: its result, or the error's class."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        found = []
        with suppress(BaseException):
            os.setgroups([group])
            os.setgid(user)
            os.setuid(user)
            for attempt in tries:
                try:
                    found.append(str(attempt()))
                except Exception as error:  # noqa: BLE001 - whatever comes is the result
                    found.append(type(error).__name__)
        os.write(writing, "\n".join(found).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    os.waitpid(pid, 0)
    return said.split("\n")


@as_root
def test_another_user_calls_the_vault_and_reads_nothing_of_its_home(
    place: Path, founding: Founding, vault: subprocess.Popen[bytes]
) -> None:
    """Members of the socket's group get answers; home, store, key and memory are shut to them."""
    home, path = place / "vault", place / "sockets" / "v.sock"
    api = VaultClient(path, founding.credentials[CallerKind.API], MemoryLedger())
    key = next(home.glob("wrapping-*.key"))
    found = tried_as(
        STRANGER,
        GROUP,
        lambda: api.sign().startswith(ORIGIN),
        lambda: list(home.iterdir()),
        (home / "vault.db").read_bytes,
        key.read_bytes,
        lambda: Path(f"/proc/{vault.pid}/mem").open("rb").close(),
        path.unlink,
    )

    assert ["True", *["PermissionError"] * 5] == found
    assert Path(f"/proc/{vault.pid}").stat().st_uid in {0, VAULT}
    assert f"Uid:\t{VAULT}\t{VAULT}\t{VAULT}" in Path(f"/proc/{vault.pid}/status").read_text()


@as_root
def test_who_isn_t_in_the_socket_s_group_can_t_call(
    place: Path, founding: Founding, vault: subprocess.Popen[bytes]
) -> None:
    """A user of another group doesn't reach the socket."""
    assert vault.poll() is None
    api = VaultClient(place / "sockets" / "v.sock", founding.credentials[CallerKind.API], MemoryLedger())

    assert ["VaultUnavailableError"] == tried_as(STRANGER, STRANGER, api.status)


@on_linux
def test_its_own_user_can_t_read_its_memory(vault: subprocess.Popen[bytes]) -> None:
    """Neither memory nor environment of the process open for another process of the same user."""
    tries = [Path(f"/proc/{vault.pid}/{name}").read_bytes for name in ("mem", "environ", "maps")]
    if os.geteuid() == 0:
        found = tried_as(VAULT, VAULT, *tries)
    else:
        found = []
        for attempt in tries:
            with pytest.raises(PermissionError):
                attempt()
            found.append("PermissionError")

    assert ["PermissionError"] * 3 == found


def test_users_and_groups_are_found_or_named() -> None:
    """Numbers need no entry; an unknown name is an error in words, and nobody becomes root."""
    assert find_user("0")[0] == 0
    assert find_user("64011") == (64011, 64011)
    assert find_group("64010") == 64010
    for wrong in (lambda: find_user("nobody-of-ours"), lambda: find_group("no-group-of-ours")):
        with pytest.raises(UserError, match="on this machine"):
            wrong()
    if os.geteuid() == 0:
        with pytest.raises(UserError, match="isn't root"):
            become("0")
    else:
        become(str(os.geteuid()))
        with pytest.raises(UserError, match="only root"):
            become("64011")
