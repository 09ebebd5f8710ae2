"""What a running `serve` says of itself is there while it runs, and believed only then."""

from __future__ import annotations

import stat
from pathlib import Path

from house.processes import SERVING_LOCK, holding
from house.serving import SERVING_FILE, Serving, announced, is_served, read_serving

SERVING = Serving(
    url="http://127.0.0.1:1",
    started_at="2026-11-21T05:00:00.000000Z",
    mail_host="localhost",
    mail_port=25,
    mail_sender="books@sealedbook.example",
    mail_ca=None,
)


def test_record_is_there_for_the_block(tmp_path: Path) -> None:
    """Beside a running house it is read; it is for the owner alone, and gone at the end."""
    with holding(tmp_path, SERVING_LOCK, wait_seconds=0, message="taken"):
        assert is_served(tmp_path)
        with announced(tmp_path, SERVING):
            assert SERVING == read_serving(tmp_path)
            assert 0o600 == stat.S_IMODE((tmp_path / SERVING_FILE).stat().st_mode)
        assert read_serving(tmp_path) is None
    assert not is_served(tmp_path)


def test_record_of_a_killed_house_is_not_believed(tmp_path: Path) -> None:
    """Where nobody holds the folder, what lies there says nothing."""
    with announced(tmp_path, SERVING):
        assert read_serving(tmp_path) is None


def test_damaged_record_says_nothing(tmp_path: Path) -> None:
    """A file that can't be read is as none."""
    with holding(tmp_path, SERVING_LOCK, wait_seconds=0, message="taken"):
        (tmp_path / SERVING_FILE).write_text("{}")
        assert read_serving(tmp_path) is None
