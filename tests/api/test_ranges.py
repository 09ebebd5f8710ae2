"""Range headers, read as RFC 9110 says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.ranges import UnsatisfiableRangeError, holds, read_range

SIZE = 1000


@pytest.mark.parametrize(
    ("asked", "span"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=0-499", (0, 500)),
        ("bytes=500-", (500, 1000)),
        ("bytes=-1", (999, 1000)),
        ("bytes=-5000", (0, 1000)),
        ("bytes=900-5000", (900, 1000)),
        ("BYTES = 1-2 ", (1, 3)),
    ],
)
def test_one_range_is_read(asked: str, span: tuple[int, int]) -> None:
    """First to last, open-ended, and the last so many."""
    assert span == read_range(asked, SIZE)


@pytest.mark.parametrize(
    "asked",
    [None, "", "bytes=", "bytes=-", "bytes=5-1", "bytes=0-1,3-4", "items=0-1", "bytes=a-b", "bytes=٣-٤"],
)
def test_what_is_no_single_range_gets_the_whole(asked: str | None) -> None:
    """Several ranges, another unit and nonsense are ignored, as the RFC allows."""
    assert read_range(asked, SIZE) is None


@pytest.mark.parametrize("asked", ["bytes=1000-", "bytes=1000-1001", "bytes=-0"])
def test_a_range_behind_the_end_cannot_be_had(asked: str) -> None:
    """416 for what begins at the end or later, and for the last no bytes."""
    with pytest.raises(UnsatisfiableRangeError):
        read_range(asked, SIZE)


@given(st.integers(1, 200), st.integers(0, 250), st.integers(0, 250))
def test_a_span_is_what_a_slice_is(size: int, first: int, length: int) -> None:
    """Whatever is satisfiable is exactly the slice from first to last, inclusive."""
    data = bytes(index % 251 for index in range(size))
    asked = f"bytes={first}-{first + length}"
    if first >= size:
        with pytest.raises(UnsatisfiableRangeError):
            read_range(asked, size)
        return
    span = read_range(asked, size)

    assert span is not None
    assert data[first : first + length + 1] == data[span[0] : span[1]]


@pytest.mark.parametrize(
    ("if_range", "expected"),
    [(None, True), ('"tag"', True), ('W/"tag"', False), ('"other"', False), ("Sat, 21 Nov 2026", False)],
)
def test_a_range_holds_for_its_own_book_only(if_range: str | None, *, expected: bool) -> None:
    """A weak tag, another tag and a date don't make a range hold."""
    assert expected == holds(if_range, '"tag"')
