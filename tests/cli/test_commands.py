"""Every command finds its installation, and `init` makes one where none is."""

from __future__ import annotations

from pathlib import Path

import pytest

from house.founding import FoundingError
from runtime.settings import Settings, SettingsError, load_settings
from tests.cli.conftest import Run
from tests.installation import Installation


def test_init_makes_a_demo_installation_at_a_chosen_time(run: Run, tmp_path: Path) -> None:
    """`init --demo --clock-start` fixes the clock's offset in the folder."""
    done = run("init", "--demo", "--clock-start", "2026-11-21T10:00:00-08:00", "--data", tmp_path / "house")
    assert 0 == done.exit_code, done.output
    settings = load_settings(tmp_path / "house", Settings)
    assert ("demo", "2026-11-21") == (settings.mode, f"{settings.clock().now():%Y-%m-%d}")


def test_init_without_people_is_refused(run: Run, tmp_path: Path) -> None:
    """A live installation needs its founding people, and the message says how; it names the demo too."""
    assert "init --demo" in str(run("init", "--data", tmp_path / "house").exception)
    assert not (tmp_path / "house").exists()


def test_init_leaves_an_installation_alone(run: Run, home: Installation) -> None:
    """`init` on an installation is an error."""
    assert isinstance(run("init", "--demo", "--data", home.data).exception, FoundingError)


@pytest.mark.parametrize(
    "arguments", [("snapshot", "list"), ("snapshot", "publish"), ("people", "enrol", "0B65625")]
)
def test_commands_need_an_installation(run: Run, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Without an installation every command says that `init` makes one."""
    error = run(*arguments, "--data", tmp_path).exception
    assert isinstance(error, SettingsError)
    assert "sealedbook init" in str(error)


def test_folder_comes_from_the_environment(
    run: Run, home: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SEALEDBOOK_DATA names the folder where --data doesn't."""
    monkeypatch.setenv("SEALEDBOOK_DATA", str(home.data))
    assert "published" in run("snapshot", "list").output


def test_demo_asks_for_all_three_files(run: Run, tmp_path: Path) -> None:
    """An extract alone is not enough to try it on one's own data."""
    error = run("demo", "--data", tmp_path / "house", "--extract", "x.csv").exception
    assert "belong together" in str(error)
    assert not (tmp_path / "house").exists()


def test_demo_leaves_an_installation_alone(run: Run, home: Installation) -> None:
    """`demo` on an installation is an error."""
    assert isinstance(run("demo", "--data", home.data).exception, FoundingError)
