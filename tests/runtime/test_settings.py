"""Tests of an installation's settings: what is missing is named, what is unsafe is refused."""

from __future__ import annotations

import os
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest

from runtime.settings import (
    INSTALLATION_FILE,
    Settings,
    SettingsError,
    WorkerSettings,
    load_settings,
    socket_folder,
    write_installation,
)

ORIGIN = "sealedbook.demo.example/0123456789abcdef"


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let no variable of the machine's reach the settings, and short folders lie in the test's own."""
    for name in os.environ:
        if name.startswith("SEALEDBOOK_"):
            monkeypatch.delenv(name)
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return the folder of a demo installation."""
    folder = tmp_path / "house"
    folder.mkdir()
    write_installation(folder, mode="demo", clock_offset=-3600, origin=ORIGIN, exchange="Börse & Söhne")
    return folder


def test_what_was_written_is_read(data: Path) -> None:
    """An installation's fixed settings come back as they were written."""
    settings = load_settings(data, Settings)
    read = (settings.mode, settings.clock_offset, settings.origin, settings.exchange)
    assert ("demo", -3600, ORIGIN, "Börse & Söhne") == read
    assert timedelta(hours=-1) == settings.clock().offset
    assert data.resolve() == settings.data


def test_everything_lies_in_the_one_folder(data: Path) -> None:
    """Database, vault and objects lie in the installation's folder."""
    settings = load_settings(data, Settings)
    assert f"sqlite:///{data}/house.db" == settings.database
    assert (data / "vault", data / "objects") == (settings.vault_home, settings.objects_root)
    assert (data / "run" / "broker.sock", data / "run" / "vault.sock") == (
        settings.broker_socket,
        settings.vault_socket,
    )


def test_a_folder_without_an_installation_is_named(tmp_path: Path) -> None:
    """Where nothing was founded, the error says so and what to do."""
    with pytest.raises(SettingsError, match=r"no installation in .*nowhere: run `sealedbook init` first"):
        load_settings(tmp_path / "nowhere", Settings)


@pytest.mark.parametrize(
    "content", [b'mode = "demo', b"mode: demo", b"mode = demo", b'mode = "\xff"', b"\x00"]
)
def test_a_damaged_file_is_named(data: Path, content: bytes) -> None:
    """An installation.toml that can't be read is a SettingsError with its path."""
    (data / INSTALLATION_FILE).write_bytes(content)
    with pytest.raises(SettingsError, match=r"installation\.toml is damaged"):
        load_settings(data, Settings)


def test_everything_that_is_missing_is_named_with_its_variable(data: Path) -> None:
    """One error names every missing setting by its variable, and says what it is."""
    (data / INSTALLATION_FILE).write_text('mode = "demo"\n')
    with pytest.raises(SettingsError) as thrown:
        load_settings(data, WorkerSettings)
    assert [
        "the settings are incomplete:",
        "  SEALEDBOOK_ORIGIN (the ledger's name on its checkpoints): field required",
        "  SEALEDBOOK_MAIL_HOST (name of the mail server, as its certificate has it): field required",
        "  SEALEDBOOK_MAIL_PORT (its submission port (STARTTLS)): field required",
        "  SEALEDBOOK_MAIL_SENDER (address that books are sent from): field required",
    ] == str(thrown.value).splitlines()


def test_what_differs_by_machine_comes_from_the_environment(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker's mail server is read from variables."""
    monkeypatch.setenv("SEALEDBOOK_MAIL_HOST", "mail.example")
    monkeypatch.setenv("SEALEDBOOK_MAIL_PORT", "587")
    monkeypatch.setenv("SEALEDBOOK_MAIL_SENDER", "books@exchange.example")
    settings = load_settings(data, WorkerSettings)
    assert ("mail.example", 587, "books@exchange.example", None) == (
        settings.mail_host,
        settings.mail_port,
        settings.mail_sender,
        settings.mail_ca,
    )


def test_what_is_fixed_isnt_changed_by_the_environment(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable changes the mode, the offset or the ledger's name of an installation."""
    monkeypatch.setenv("SEALEDBOOK_MODE", "live")
    monkeypatch.setenv("SEALEDBOOK_CLOCK_OFFSET", "86400")
    monkeypatch.setenv("SEALEDBOOK_ORIGIN", "elsewhere.example/1")
    monkeypatch.setenv("SEALEDBOOK_DATA", "/elsewhere")
    settings = load_settings(data, Settings)
    assert ("demo", -3600, ORIGIN, data) == (
        settings.mode,
        settings.clock_offset,
        settings.origin,
        settings.data,
    )


def test_a_bad_value_is_named_and_not_shown(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value of the wrong kind is named by its variable; the value isn't repeated."""
    monkeypatch.setenv("SEALEDBOOK_MAIL_PORT", "hunter2")
    with pytest.raises(SettingsError, match=r"SEALEDBOOK_MAIL_PORT .*valid integer") as thrown:
        load_settings(data, WorkerSettings)
    assert "hunter2" not in str(thrown.value)


@pytest.mark.parametrize("offset", [-1, 1, 86400])
def test_a_live_installation_has_no_offset(tmp_path: Path, offset: int) -> None:
    """Outside demo any offset of the clock is refused."""
    write_installation(tmp_path, mode="live", clock_offset=offset, origin=ORIGIN)
    with pytest.raises(SettingsError, match="a clock offset is for demo mode only"):
        load_settings(tmp_path, Settings)


def test_a_live_installation_is_read(tmp_path: Path) -> None:
    """Without an offset a live installation opens, on the machine's own time."""
    write_installation(tmp_path, mode="live", clock_offset=0, origin=ORIGIN)
    assert timedelta(0) == load_settings(tmp_path, Settings).clock().offset


def test_an_installation_is_written_once(data: Path) -> None:
    """What is fixed for good isn't written again, and nothing half-written stays."""
    with pytest.raises(FileExistsError):
        write_installation(data, mode="live", origin="elsewhere.example/1")
    assert ORIGIN == load_settings(data, Settings).origin
    assert [INSTALLATION_FILE] == [path.name for path in data.iterdir()]
    assert 0o600 == (data / INSTALLATION_FILE).stat().st_mode & 0o777


def test_a_half_written_installation_is_none(tmp_path: Path) -> None:
    """A writer that died before the end left no installation, and stops no later one."""
    (tmp_path / f".{INSTALLATION_FILE}.part").write_text('mode = "li')
    with pytest.raises(SettingsError, match="no installation"):
        load_settings(tmp_path, Settings)
    write_installation(tmp_path, mode="demo", origin=ORIGIN)
    assert "demo" == load_settings(tmp_path, Settings).mode


@pytest.mark.parametrize("text", ['a"b', "a\\b", "a\nb", "a\rb", "a\tb", "a\x00b", "a\x7fb", "\ud800"])
def test_only_plain_text_is_written(tmp_path: Path, text: str) -> None:
    """Text that would end its quotation or break the file is refused, and nothing is written."""
    with pytest.raises(SettingsError, match="plain text"):
        write_installation(tmp_path, mode="demo", exchange=text)
    assert ["tmp"] == [path.name for path in tmp_path.iterdir()]


def test_a_credential_is_read_or_its_absence_named(data: Path) -> None:
    """A caller's credential comes without its line end; a missing one is named by its path."""
    settings = load_settings(data, Settings)
    with pytest.raises(SettingsError, match="credentials/worker is missing: the worker has no credential"):
        settings.credential("worker")
    (data / "credentials").mkdir()
    (data / "credentials" / "worker").write_text("c0ffee\n")
    assert "c0ffee" == settings.credential("worker")


@pytest.mark.parametrize("place", ["credentials/records.key", "credentials/worker/records.key"])
def test_the_key_of_records_is_one_for_all_or_in_each_volume(data: Path, place: str) -> None:
    """It lies beside the credentials, or in the volume of each; missing or damaged is said."""
    settings = load_settings(data, Settings)
    path = data / place
    path.parent.mkdir(parents=True)
    with pytest.raises(SettingsError, match=r"records\.key is missing: people's records can't be compared"):
        settings.record_key("worker")
    path.write_text("not hex")
    with pytest.raises(SettingsError, match=r"records\.key is damaged"):
        settings.record_key("worker")
    path.write_text(f"{'ab' * 32}\n")
    assert bytes([0xAB]) * 32 == settings.record_key("worker")


def test_a_long_path_gets_a_short_folder_for_sockets(tmp_path: Path) -> None:
    """Where the installation's path is too long for a socket, a short folder stands in, its owner's alone."""
    data = tmp_path / ("x" * 100)
    data.mkdir()
    folder = socket_folder(data)
    assert (tmp_path / "tmp").resolve() == folder.parent.resolve()
    assert folder.name.startswith(f"sealedbook-{os.getuid()}-")
    assert 0o700 == folder.stat().st_mode & 0o777
    assert folder == socket_folder(data)
    assert folder != socket_folder(data / "other")


def test_a_loose_folder_for_sockets_is_refused(tmp_path: Path) -> None:
    """A folder that others may enter is none to put sockets in."""
    socket_folder(tmp_path).chmod(0o750)
    with pytest.raises(SettingsError, match="must belong to this user alone"):
        socket_folder(tmp_path)


def test_anothers_folder_for_sockets_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that belongs to another user is none to put sockets in."""
    socket_folder(tmp_path)
    somebody_else = os.getuid() + 1
    monkeypatch.setattr(os, "getuid", lambda: somebody_else)
    with pytest.raises(SettingsError, match="must belong to this user alone"):
        socket_folder(tmp_path)


def test_a_link_is_no_folder_for_sockets(tmp_path: Path) -> None:
    """A link in the folder's place is refused, wherever it leads; so is a file."""
    (tmp_path / "tmp" / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "run").symlink_to(tmp_path / "tmp" / "elsewhere")
    with pytest.raises(SettingsError, match="must belong to this user alone"):
        socket_folder(tmp_path)
    (tmp_path / "run").unlink()
    (tmp_path / "run").touch(mode=0o600)
    with pytest.raises(SettingsError, match="must belong to this user alone"):
        socket_folder(tmp_path)
