"""The vault's folder: one holder, and a counter that is whole or missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from vault.home import CounterFile, HomeError, HomeLock


def test_one_process_holds_the_folder(tmp_path: Path) -> None:
    """A second lock is refused until the first is released."""
    first = HomeLock(tmp_path)
    with pytest.raises(HomeError):
        HomeLock(tmp_path)
    first.release()

    HomeLock(tmp_path).release()


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    """A folder that isn't there is a HomeError that says what to do."""
    with pytest.raises(HomeError, match="init"):
        HomeLock(tmp_path / "nowhere")


def test_the_counter_remembers(tmp_path: Path) -> None:
    """What was written is read, and no temporary file stays."""
    counter = CounterFile(tmp_path)

    assert counter.read() is None

    counter.write(7)
    counter.write(8)

    assert CounterFile(tmp_path).read() == 8
    assert [path.name for path in tmp_path.iterdir()] == ["changes.counter"]


@pytest.mark.parametrize("text", ["", "7", "07\n", "-1\n", "7\n\n", "x\n", "\u00e9\n"])
def test_a_damaged_counter_is_none(tmp_path: Path, text: str) -> None:
    """Anything but one plain number and a newline counts as missing."""
    counter = CounterFile(tmp_path)
    counter.path.write_text(text, encoding="utf-8")

    assert counter.read() is None


@pytest.mark.parametrize("torn", range(28))
def test_a_torn_write_leaves_the_number_before(tmp_path: Path, torn: int) -> None:
    """Power fails while a number is written, at any byte: the one before it is still read."""
    counter = CounterFile(tmp_path)
    for number in (98, 99):
        counter.write(number)
    before = counter.path.read_bytes()
    counter.write(100)
    after = counter.path.read_bytes()
    counter.path.write_bytes(after[:torn] + before[torn:])

    assert counter.read() == (100 if after[:torn] + before[torn:] == after else 99)
