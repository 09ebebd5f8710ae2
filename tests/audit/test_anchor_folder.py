"""Copies in a folder: durable, never replaced, and only where the folder is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from audit.anchor import AnchorError, Copy, Trouble
from audit.anchor_folder import FolderAnchor

AT = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)


def test_the_newest_copy_is_read_back(tmp_path: Path) -> None:
    """What was put is found; what else lies there isn't taken for a copy."""
    anchor = FolderAnchor(tmp_path)
    assert anchor.newest(0) is None
    copies = [Copy(size=size, at=AT + timedelta(hours=size), note=f"note {size}") for size in (2, 10, 3)]
    for copy in copies:
        anchor.put(copy)
    (tmp_path / "zz.checkpoint").write_text("a stranger's")
    assert copies[1] == anchor.newest(0) == anchor.newest(10)
    assert anchor.newest(11) is None


def test_a_copy_is_never_replaced(tmp_path: Path) -> None:
    """The same copy again is harmless, another under its name is an error."""
    anchor = FolderAnchor(tmp_path)
    anchor.put(Copy(size=2, at=AT, note="one"))
    anchor.put(Copy(size=2, at=AT, note="one"))
    with pytest.raises(AnchorError) as caught:
        anchor.put(Copy(size=2, at=AT, note="two"))
    assert Trouble.TAKEN == caught.value.trouble
    assert ["one"] == [each.read_text() for each in tmp_path.iterdir()]


def test_a_folder_that_is_gone_is_not_made_anew(tmp_path: Path) -> None:
    """A disk that isn't mounted is a failure, not a new folder on the disk below."""
    folder = tmp_path / "mounted"
    anchor = FolderAnchor(folder)
    with pytest.raises(AnchorError) as put:
        anchor.put(Copy(size=1, at=AT, note="x"))
    with pytest.raises(AnchorError) as read:
        anchor.newest(0)
    assert [Trouble.MISSING] * 2 == [put.value.trouble, read.value.trouble]
    assert not folder.exists()
