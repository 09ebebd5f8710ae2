"""The reserve: made while there is room, given up when there is none, whole or not there."""

from __future__ import annotations

from pathlib import Path

from runtime.reserve import NAME, Reserve

SIZE = 64 * 1024


class SmallDisk(Reserve):
    """A reserve on a disk whose free bytes a test sets."""

    free = 100 * SIZE

    def _free(self) -> int:
        return self.free


def test_a_reserve_is_made_where_there_is_room(tmp_path: Path) -> None:
    """It takes real blocks, and a second look changes nothing."""
    reserve = SmallDisk(tmp_path, SIZE)

    assert [True, True] == [reserve.settle() for _ in range(2)]
    assert SIZE <= (tmp_path / NAME).stat().st_blocks * 512
    assert [NAME] == [path.name for path in tmp_path.iterdir()]


def test_a_reserve_is_given_up_and_made_again(tmp_path: Path) -> None:
    """Below the limit it goes; it comes back when there is room for it twice, not sooner."""
    reserve = SmallDisk(tmp_path, SIZE)
    reserve.settle()
    told = []
    for free in (reserve.limit, reserve.limit - 1, SIZE, 2 * SIZE - 1, 2 * SIZE):
        reserve.free = free
        told.append((reserve.settle(), (tmp_path / NAME).exists()))

    assert [(True, True), (False, False), (False, False), (False, False), (True, True)] == told


def test_no_reserve_is_always_whole(tmp_path: Path) -> None:
    """Where none is wanted nothing is looked at."""
    assert Reserve(tmp_path / "missing", 0).settle()
    assert [] == list(tmp_path.iterdir())


def test_half_a_reserve_is_none(tmp_path: Path) -> None:
    """A file that is too short, as a death leaves it, is made anew."""
    (tmp_path / NAME).write_bytes(b"short")
    reserve = SmallDisk(tmp_path, SIZE)

    assert not reserve.is_whole
    assert reserve.settle()
    assert SIZE == (tmp_path / NAME).stat().st_size
