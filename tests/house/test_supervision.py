"""What ends by itself is started again, not for ever, and each time with a word about it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from house.children import ChildError
from house.founding import Charter, found_installation
from house.interruption import Interruption
from house.parts import ChildPart
from house.processes import CONSOLE_LOCK, Processes, holding
from house.supervision import MOST_STARTS, Supervisor
from runtime.settings import Settings

LIVING = "import time; open('ready', 'w').close(); time.sleep(60)"
DYING = "import sys; sys.exit('the last words')"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Return the settings of a fresh installation that nothing runs for."""
    data = tmp_path_factory.mktemp("supervision") / "house"
    return found_installation(data, Charter(mode="demo", exchange="Test Exchange"))


@pytest.fixture
def processes(settings: Settings) -> Iterator[Processes]:
    """Return processes of that installation, none of them started."""
    with Processes(settings, Interruption()) as made:
        yield made


def a_part(
    processes: Processes, folder: Path, code: str, monkeypatch: pytest.MonkeyPatch, name: str = "helper"
) -> ChildPart:
    """Start a part that runs a program of this code."""
    (folder / "a_part_of_a_test.py").write_text(code)
    monkeypatch.chdir(folder)
    ready = folder / "ready"
    part = ChildPart(
        name=name,
        arguments=["a_part_of_a_test"],
        log=folder / "part.log",
        dog=processes.dog,
        is_ready=ready.exists,
    )
    processes._start(1.0, part)
    return part


def wait_for_end(part: ChildPart) -> None:
    """Wait until the part's program has ended."""
    deadline = time.monotonic() + 30
    while not part.has_ended():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def kill(part: ChildPart) -> None:
    """SIGKILL the part's program."""
    assert part._child is not None
    os.kill(part._child._process.pid, signal.SIGKILL)
    wait_for_end(part)


def test_what_runs_is_left_alone(
    processes: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look at running parts says nothing and starts nothing."""
    part = a_part(processes, tmp_path, LIVING, monkeypatch)
    child, said = part._child, list[str]()
    Supervisor(processes, said.append).look()
    assert ([], child) == (said, part._child)


def test_killed_part_runs_again(
    processes: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a SIGKILL one look has it running again, and says how it ended and that it runs."""
    part = a_part(processes, tmp_path, LIVING, monkeypatch)
    kill(part)
    said: list[str] = []
    Supervisor(processes, said.append).look()
    assert not part.has_ended()
    ended, started = said
    assert ended.startswith("the helper ended by itself (exit code -9)")
    assert "the helper was started again (1 of 5 within a minute)" == started


def test_part_that_keeps_ending_is_given_up(
    processes: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After five starts within a minute it is an error with the part's last words."""
    part = a_part(processes, tmp_path, DYING, monkeypatch)
    wait_for_end(part)
    supervisor = Supervisor(processes, lambda _text: None, first_wait_seconds=0)
    for _ in range(MOST_STARTS):
        supervisor.look()
    with pytest.raises(ChildError, match=r"helper ended 6 times within a minute[^$]*the last words"):
        supervisor.look()


def test_vault_waits_for_a_command_that_has_one(
    processes: Processes, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A vault isn't started against the one of a command that began while ours was gone."""
    part = a_part(processes, tmp_path, LIVING, monkeypatch, name="vault")
    kill(part)
    said: list[str] = []
    with holding(settings.data, CONSOLE_LOCK, wait_seconds=0, message="taken"):
        supervisor = Supervisor(processes, lambda text: _note_and_let_go(said, text))
        with pytest.raises(TimeoutError):
            supervisor.look()
    assert part.has_ended()
    assert "a command is still at work" in said[-1]


def _note_and_let_go(said: list[str], text: str) -> None:
    said.append(text)
    if "still at work" in text:
        raise TimeoutError


def test_all_that_was_started_ends_with_the_block(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each stage runs until the block ends, and no longer."""
    with Processes(settings, Interruption()) as processes:
        first = a_part(processes, tmp_path, LIVING, monkeypatch, name="first")
        last = a_part(processes, tmp_path, LIVING, monkeypatch, name="last")
        assert ["first", "last"] == [part.name for part in processes.parts]
        processes.check_running()
    assert first.has_ended()
    assert last.has_ended()


def watch_when_asked(settings: Settings) -> None:
    """Watch, asked to end before, where the answer to that got lost."""
    interruption = Interruption()
    with Processes(settings, interruption) as processes:
        interruption._asked = signal.SIGTERM
        Supervisor(processes, lambda _text: None).watch()


def test_lost_end_is_made_up_for(settings: Settings) -> None:
    """Asked to end while the answer got lost, the watch ends at its next look."""
    with pytest.raises(SystemExit):
        watch_when_asked(settings)
