"""Cursors: a place that only its own search can use."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cursors import Cursors
from api.errors import BadCursorError

MINE = Cursors("credential", "session", "snapshot", "words")


@given(place=st.integers(0, 2**32 - 1))
def test_a_cursor_is_read_as_it_was_written(place: int) -> None:
    """A cursor gives its place back, and is short text that fits anywhere."""
    cursor = MINE.write(place)

    assert place == MINE.read(cursor)
    assert (27, True) == (len(cursor), cursor.isascii())


@given(place=st.integers(0, 2**32 - 1), at=st.integers(0, 26), letter=st.sampled_from("ABCxyz019-_=+ é"))
def test_a_changed_cursor_is_none(place: int, at: int, letter: str) -> None:
    """No letter of a cursor can be changed, not even into one that base64 reads the same."""
    cursor = MINE.write(place)
    changed = cursor[:at] + letter + cursor[at + 1 :]

    if changed != cursor:
        with pytest.raises(BadCursorError):
            MINE.read(changed)


@pytest.mark.parametrize("text", ["", "A", "AAAA", "====", "a" * 64, "\n", "🙂"])
def test_what_isnt_a_cursor_is_refused(text: str) -> None:
    """Any other text is an error."""
    with pytest.raises(BadCursorError):
        MINE.read(text)


@pytest.mark.parametrize(
    "other",
    [
        Cursors("another", "session", "snapshot", "words"),
        Cursors("credential", "another", "snapshot", "words"),
        Cursors("credential", "session", "another", "words"),
        Cursors("credential", "session", "snapshot", "another"),
        Cursors("credential", "session", "snapshotwords", ""),
    ],
)
def test_a_cursor_fits_its_own_search_only(other: Cursors) -> None:
    """With another key, session, snapshot or search it is none."""
    with pytest.raises(BadCursorError):
        other.read(MINE.write(50))
