"""The embedded processes: one owner a folder, clear errors, and nothing left when the owner is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from house.children import ChildError
from house.founding import Charter, found_installation
from house.interruption import Interruption
from house.processes import Processes, RunningAlreadyError, holding, with_vault
from house.wiring import House
from runtime.settings import Settings
from vault.errors import VaultUnavailableError

OWNER = """
import sys, time
from pathlib import Path
from house.interruption import Interruption
from house.processes import Processes
from runtime.settings import Settings, load_settings
with Processes(load_settings(Path(sys.argv[1]), Settings), Interruption()) as running:
    running.start_broker()
    running.start_vault()
    print("running", flush=True)
    time.sleep(60)
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Return the settings of a fresh installation that nothing runs for."""
    data = tmp_path_factory.mktemp("processes") / "house"
    return found_installation(data, Charter(mode="demo", exchange="Test Exchange"))


@pytest.fixture
def house(settings: Settings) -> Iterator[House]:
    """Return the installation as its operator has it."""
    opened = House(settings, "operator")
    yield opened
    opened.close()


def test_vault_runs_for_the_block_only(house: House) -> None:
    """A command has a vault while it works, and none is left behind."""
    with with_vault(house.settings, Interruption()):
        assert not house.vault.status().locked
    with pytest.raises(VaultUnavailableError):
        house.vault.status()


def test_running_vault_is_used(house: House) -> None:
    """Beside a running installation a command doesn't start another vault, nor stop the running one."""
    with Processes(house.settings, Interruption()) as running:
        running.start_vault()
        with with_vault(house.settings, Interruption()):
            pass
        assert not house.vault.status().locked


def test_second_owner_is_told(settings: Settings) -> None:
    """Two owners of one folder can't run at once."""
    with (
        Processes(settings, Interruption()),
        pytest.raises(RunningAlreadyError, match="is running in"),
        Processes(settings, Interruption()),
    ):
        pass


def test_lock_is_free_after_its_block(settings: Settings) -> None:
    """A lock that was held can be taken again at once."""
    for _ in range(2):
        with holding(settings.data, "console.lock", wait_seconds=0, message="taken"):
            pass


def test_worker_that_can_not_start_says_why(settings: Settings) -> None:
    """A child's own words stand in the error: here, which settings are missing."""
    with Processes(settings, Interruption()) as running:
        running.start_broker()
        with pytest.raises(ChildError, match="SEALEDBOOK_MAIL_HOST"):
            running.start_doors(1, {})


def test_killed_owner_leaves_nothing_running(house: House) -> None:
    """SIGKILL of the owner ends Valkey and vault soon after."""
    command = [sys.executable, "-c", OWNER, str(house.settings.data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        assert b"running\n" == owner.stdout.readline()
        assert broker_answers(house.settings.broker_socket)
        owner.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 60
    while broker_answers(house.settings.broker_socket) or vault_answers(house):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def broker_answers(socket: Path) -> bool:
    """Tell whether Valkey answers."""
    try:
        with Redis(unix_socket_path=str(socket)) as client:
            return bool(client.ping())
    except RedisError:
        return False


def vault_answers(house: House) -> bool:
    """Tell whether the vault answers."""
    try:
        house.vault.status()
    except VaultUnavailableError:
        return False
    return True
