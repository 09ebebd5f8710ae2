"""A small file is the old one or the new one, whatever stops its writer, and its owner's alone."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime.files import create_whole, erase_file, new_file, sync_folder, write_whole

OLD, NEW = b"what was there before, and longer", b"what comes"
# What a writer asks the system for, in this order, where an older writer's remains are there too.
REPLACING = ["open", "unlink", "open", "fsync", "replace", "unlink", "fsync"]
CREATING = ["open", "unlink", "open", "fsync", "link", "unlink", "fsync"]


class CrashError(BaseException):
    """The machine stopped."""


class Machine:
    """Counts what is asked of the system, and stops at one call: from there on nothing is done any more."""

    def __init__(self, patch: pytest.MonkeyPatch, stop_at: int | None = None) -> None:
        self.calls: list[str] = []
        self._stop_at = stop_at
        self.seen: Callable[[], None] = lambda: None
        for name in ("open", "fsync", "link", "replace", "unlink"):
            patch.setattr(os, name, self._counted(name, getattr(os, name)))

    def _counted(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*given: Any, **named: Any) -> Any:
            if self._stop_at is not None and len(self.calls) >= self._stop_at:
                raise CrashError
            self.calls.append(name)
            self.seen()
            return call(*given, **named)

        return counted


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file's name in a folder of its own."""
    folder = tmp_path / "folder"
    folder.mkdir()
    return folder / "kept"


@pytest.fixture
def _umask_of_nobody() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def names(path: Path) -> list[str]:
    """Return what lies in a file's folder."""
    return sorted(found.name for found in path.parent.iterdir())


@pytest.mark.parametrize("stop_at", range(len(REPLACING)))
@pytest.mark.parametrize("before", [OLD, None], ids=["replaced", "first"])
def test_a_crash_leaves_the_old_or_the_new(path: Path, before: bytes | None, stop_at: int) -> None:
    """Wherever the machine stops: half a file is never read, and the next writer isn't hindered."""
    if before is not None:
        path.write_bytes(before)
    beside = path.with_name(f".{path.name}.part")
    beside.write_bytes(b"what an earlier crash left")
    with pytest.MonkeyPatch.context() as patch:
        Machine(patch, stop_at)
        with pytest.raises(CrashError):
            write_whole(path, NEW)
    has_name = stop_at > REPLACING.index("replace")
    assert (NEW if has_name else before) == (path.read_bytes() if path.exists() else None)
    write_whole(path, b"the next")
    assert b"the next" == path.read_bytes()
    assert [path.name] == names(path)


@pytest.mark.parametrize("stop_at", range(len(CREATING)))
def test_a_crash_leaves_the_new_or_none(path: Path, stop_at: int) -> None:
    """The same where nothing is ever replaced: what has its name keeps it, else the next one is taken."""
    path.with_name(f".{path.name}.part").write_bytes(b"what an earlier crash left")
    with pytest.MonkeyPatch.context() as patch:
        Machine(patch, stop_at)
        with pytest.raises(CrashError):
            create_whole(path, NEW)
    if stop_at > CREATING.index("link"):
        assert NEW == path.read_bytes()
        with pytest.raises(FileExistsError):
            create_whole(path, b"the next")
        assert NEW == path.read_bytes()
    else:
        assert not path.exists()
        create_whole(path, b"the next")
        assert b"the next" == path.read_bytes()
    assert [path.name] == names(path)


def test_the_bytes_are_on_the_disk_before_they_have_a_name(path: Path) -> None:
    """The file is flushed, then named, then its folder is flushed."""
    for write, expected in ((create_whole, CREATING), (write_whole, REPLACING)):
        with pytest.MonkeyPatch.context() as patch:
            machine = Machine(patch)
            write(path, NEW)
        assert expected == machine.calls


@pytest.mark.usefixtures("_umask_of_nobody")
def test_a_file_is_its_owners_from_the_first_byte_on(path: Path) -> None:
    """At no step may anybody else read it, whoever might have read the one before."""
    path.write_bytes(OLD)
    path.chmod(0o644)
    seen: set[int] = set()

    def look() -> None:
        seen.update(found.stat().st_mode & 0o777 for found in path.parent.iterdir() if found != path)

    with pytest.MonkeyPatch.context() as patch:
        Machine(patch).seen = look
        write_whole(path, NEW)
    assert {0o600} == seen
    assert 0o600 == path.stat().st_mode & 0o777


def test_a_link_is_not_followed(path: Path, tmp_path: Path) -> None:
    """A link under the name is replaced or refused, one beside is removed; what they point at stays."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(OLD)
    path.symlink_to(elsewhere)
    with pytest.raises(FileExistsError):
        create_whole(path, NEW)
    with pytest.raises(FileExistsError), new_file(path):
        pass
    path.with_name(f".{path.name}.part").symlink_to(elsewhere)
    write_whole(path, NEW)
    assert not path.is_symlink()
    assert (NEW, OLD) == (path.read_bytes(), elsewhere.read_bytes())
    assert [path.name] == names(path)


@pytest.mark.parametrize("write", [write_whole, create_whole])
def test_what_fails_leaves_nothing(path: Path, write: Callable[[Path, bytes], None]) -> None:
    """A name that can't be had leaves no temporary file behind."""
    path.mkdir()
    with pytest.raises(OSError, match=path.name):
        write(path, NEW)
    assert [path.name] == names(path)


def test_text_is_utf_8(path: Path) -> None:
    """Text comes back as it was given, its line ends too."""
    write_whole(path, "Zoë\r\n")
    assert "Zoë\r\n".encode() == path.read_bytes()


def test_writers_of_one_file_wait_for_each_other(path: Path) -> None:
    """Many at once: each is done without an error, and one of their contents is there, whole."""
    contents = [bytes([number]) * 20_000 for number in range(8)]
    errors: list[OSError] = []

    def write(content: bytes) -> None:
        try:
            for _ in range(5):
                write_whole(path, content)
        except OSError as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(content,)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [] == errors
    assert path.read_bytes() in contents
    assert [path.name] == names(path)


def test_a_new_file_is_nobodys_before(path: Path) -> None:
    """What has the name already is neither emptied nor replaced."""
    with new_file(path) as file:
        file.write(NEW)
    with pytest.raises(FileExistsError), new_file(path):
        pass
    assert NEW == path.read_bytes()
    assert 0o600 == path.stat().st_mode & 0o777


@pytest.mark.parametrize("size", [0, 1, (1 << 20) + 1])
def test_an_erased_file_is_overwritten_first(path: Path, size: int) -> None:
    """Its bytes are zeros before it goes, as another name of it shows."""
    path.write_bytes(b"s" * size)
    other = path.with_name("other")
    other.hardlink_to(path)
    erase_file(path)
    assert ["other"] == names(path)
    assert bytes(size) == other.read_bytes()
    with pytest.raises(FileNotFoundError):
        erase_file(path)


def test_only_a_folder_is_synced_as_one(path: Path) -> None:
    """A file in a folder's place is an error, not a file that was flushed."""
    path.touch()
    sync_folder(path.parent)
    with pytest.raises(NotADirectoryError):
        sync_folder(path)
