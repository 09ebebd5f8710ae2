"""An installation whose vault is another user: embedded by root, or a service of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from house import keys
from house.children import ChildError
from house.founding import Charter, FoundingError, found_installation
from house.interruption import Interruption
from house.processes import check_answering, with_vault
from house.separation import give_home
from house.wiring import House
from runtime.processes import UserError
from runtime.settings import Settings, load_settings
from tests.installation import CONSOLE_WHO

VAULT, GROUP = 64011, 64010
CHARTER = Charter(mode="demo", exchange="Test Exchange")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a process as another user")


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that every user can go through, with a vault's folder and one for sockets named in it."""
    with tempfile.TemporaryDirectory(prefix="sh-") as folder:
        path = Path(folder)
        path.chmod(0o711)
        monkeypatch.setenv("SEALEDBOOK_VAULT_FOLDER", str(path / "vault"))
        monkeypatch.setenv("SEALEDBOOK_SOCKETS_FOLDER", str(path / "sockets"))
        yield path


@as_root
def test_root_starts_the_vault_as_its_user(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The home becomes that user's alone; calls work; a second start finds everything as it was."""
    monkeypatch.setenv("SEALEDBOOK_VAULT_USER", str(VAULT))
    monkeypatch.setenv("SEALEDBOOK_VAULT_SOCKET_GROUP", str(GROUP))
    settings = found_installation(place / "data", CHARTER)
    house = House(settings, "operator")
    for _ in range(2):
        with with_vault(settings, Interruption()):
            keys.rotate_wrapping(house, CONSOLE_WHO)
            owners = {path.stat().st_uid for path in (place / "vault", *(place / "vault").iterdir())}

            assert {VAULT} == owners
            assert (place / "vault").stat().st_mode & 0o777 == 0o700
            assert settings.vault_socket.stat().st_mode & 0o777 == 0o660
            assert (VAULT, GROUP) == (
                settings.vault_socket.stat().st_uid,
                settings.vault_socket.stat().st_gid,
            )
    house.close()


@as_root
def test_folders_that_the_user_can_t_reach_are_named(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A vault within the data folder, or below a shut one, can't be another user's."""
    settings = found_installation(place / "data", CHARTER)
    monkeypatch.setenv("SEALEDBOOK_VAULT_USER", str(VAULT))
    place.chmod(0o700)
    with pytest.raises(UserError, match="can't go through"):
        give_home(load_settings(settings.data, Settings))
    place.chmod(0o711)
    monkeypatch.delenv("SEALEDBOOK_VAULT_FOLDER")
    with pytest.raises(UserError, match="SEALEDBOOK_VAULT_FOLDER"):
        give_home(load_settings(settings.data, Settings))


def test_a_vault_that_is_a_service_of_its_own_is_founded_and_used(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`init` founds it over the socket and never sees its home; a command starts none of its own."""
    monkeypatch.setenv("SEALEDBOOK_VAULT_EXTERNAL", "true")
    monkeypatch.delenv("SEALEDBOOK_VAULT_FOLDER")
    with pytest.raises(FoundingError, match="start it"):
        found_installation(place / "early", CHARTER)
    (place / "sockets").mkdir(exist_ok=True)
    command = [sys.executable, "-m", "vault.server", "--await-founding", "--home", str(place / "elsewhere")]
    process = subprocess.Popen([*command, "--socket", str(place / "sockets" / "vault.sock")])
    try:
        while not (place / "sockets" / "vault.sock").exists():
            assert process.poll() is None
            time.sleep(0.01)
        settings = found_installation(place / "data", CHARTER)
        house = House(settings, "operator")
        with with_vault(settings, Interruption()):
            keys.rotate_credentials(house, CONSOLE_WHO)
            keys.rotate_checkpoint(house, CONSOLE_WHO)

            assert house.vault.sign()
        assert not settings.vault_home.exists()
        assert process.poll() is None
        house.close()
        with pytest.raises(FoundingError, match="founded before"):
            found_installation(place / "second", CHARTER)
    finally:
        process.terminate()
        process.wait(10)


def test_a_service_that_doesn_t_answer_is_told(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is started in its place."""
    settings = found_installation(place / "data", CHARTER)
    monkeypatch.setenv("SEALEDBOOK_VAULT_EXTERNAL", "true")
    external = load_settings(settings.data, Settings)
    with pytest.raises(ChildError, match="start its service"):
        check_answering(external, seconds=0.2)
