"""An installation is founded whole, once, and a founding that died is begun anew or named."""

from __future__ import annotations

import stat
import sys
from contextlib import closing
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import house.founding
from audit.checkpoint import VerifierKey
from audit.entry import Entry
from audit.events import Event
from house.founding import MARK, Charter, FoundingError, found_installation
from house.wiring import House
from runtime.settings import INSTALLATION_FILE, Settings, SettingsError, load_settings

DEMO = Charter(mode="demo", exchange="Test Exchange", clock_offset=-3600)


def entries_of(settings: Settings) -> list[Entry]:
    """Return all entries of an installation's ledger."""
    with closing(House(settings, "operator")) as house:
        return [Entry.decode(data) for data in house.reader.entries(0, house.reader.head().size)]


def mode_of(path: Path) -> int:
    """Return a file's permission bits."""
    return stat.S_IMODE(path.stat().st_mode)


def test_first_entry_fixes_mode_and_clock(tmp_path: Path) -> None:
    """The ledger begins with one entry that says the mode and the clock's offset."""
    entries = entries_of(found_installation(tmp_path / "house", DEMO))
    assert [(Event.INSTALLATION_STARTED, "demo", -3600, "operator")] == [
        (entry.event, entry.mode, entry.clock_offset, entry.actor.kind) for entry in entries
    ]


def test_everything_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Folders of an installation are 0700, the vault's too, and its files 0600."""
    data = tmp_path / "house"
    found_installation(data, DEMO)
    files = [*data.glob("*"), *data.glob("credentials/*")]
    assert {0o700} == {mode_of(path) for path in (data, *data.rglob("*")) if path.is_dir()}
    assert {0o600} == {mode_of(path) for path in files if path.is_file()}


def test_each_kind_of_caller_has_a_credential_of_its_own(tmp_path: Path) -> None:
    """The three credentials are there and differ, and the key to verify with is named for the ledger."""
    data = tmp_path / "house"
    settings = found_installation(data, DEMO)
    assert 3 == len({settings.credential(kind) for kind in ("api", "worker", "operator")})
    assert settings.origin == VerifierKey.parse((data / "vkey").read_text().strip()).name


def test_second_founding_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    """A folder that holds an installation keeps it as it is."""
    data = tmp_path / "house"
    found_installation(data, DEMO)
    before = {path: path.read_bytes() for path in data.rglob("*") if path.is_file()}
    with pytest.raises(FoundingError, match="holds an installation already"):
        found_installation(data, DEMO)
    assert before == {path: path.read_bytes() for path in data.rglob("*") if path.is_file()}


def test_parts_without_their_settings_are_not_repaired(tmp_path: Path) -> None:
    """A lost installation.toml is named, and the vault beside it isn't touched."""
    data = tmp_path / "house"
    found_installation(data, DEMO)
    (data / INSTALLATION_FILE).unlink()
    vault = (data / "vault" / "vault.db").read_bytes()
    with pytest.raises(FoundingError, match="put that file back from a backup"):
        found_installation(data, DEMO)
    assert vault == (data / "vault" / "vault.db").read_bytes()


@pytest.mark.parametrize("name", ["notes.txt", ".hidden"])
def test_folder_of_somebody_else_is_refused(tmp_path: Path, name: str) -> None:
    """A folder with other files in it isn't taken."""
    (tmp_path / name).write_text("mine")
    with pytest.raises(FoundingError, match="isn't empty"):
        found_installation(tmp_path, DEMO)
    assert [name] == [path.name for path in tmp_path.iterdir()]


def test_file_in_the_folders_place_is_refused(tmp_path: Path) -> None:
    """Where the folder should be stands a file: that is said."""
    (tmp_path / "house").write_text("")
    with pytest.raises(FoundingError, match="is not a folder"):
        found_installation(tmp_path / "house", DEMO)


def test_clock_offset_is_for_demos(tmp_path: Path) -> None:
    """A live installation runs on the machine's own clock."""
    with pytest.raises(FoundingError, match="demo mode only"):
        found_installation(tmp_path / "house", Charter(mode="live", exchange="X", clock_offset=1))


class CrashError(BaseException):
    """Stands for the machine stopping between two lines."""


def found_until(data: Path, line: int) -> bool:
    """Found an installation and crash at the n-th line that founding.py runs; False when it ended before."""
    reached = 0

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal reached
        if frame.f_code.co_filename != house.founding.__file__:
            return None
        if event == "line":
            reached += 1
            if reached == line:
                raise CrashError
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        found_installation(data, DEMO)
    except CrashError:
        return True
    finally:
        sys.settrace(before)
    return False


# A crash closes nothing: the file that was being written is left to the collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_founding_that_died_at_any_line_is_begun_anew_or_whole(tmp_path: Path) -> None:
    """After a crash at any line the next founding makes a whole installation, or finds one."""
    line = 0
    crashed = True
    while crashed:
        line += 3
        data = tmp_path / str(line)
        crashed = found_until(data, line)
        try:
            settings = load_settings(data, Settings)
        except SettingsError:
            settings = found_installation(data, DEMO)
            assert not (data / MARK).exists()
        assert 1 == len(entries_of(settings))
        assert 3 == len({settings.credential(kind) for kind in ("api", "worker", "operator")})
    assert line > 40
