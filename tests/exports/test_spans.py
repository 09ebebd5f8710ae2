"""A whole served in parts: when it counts, and how often."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.spans import Span, count_wholes, join_spans

SIZE = 40
spans = st.tuples(st.integers(0, SIZE), st.integers(0, SIZE)).map(lambda pair: (min(pair), max(pair)))


def covered(parts: list[Span]) -> set[int]:
    """Return the bytes that spans hold, one by one."""
    return {byte for first, end in parts for byte in range(first, end)}


@given(st.lists(spans))
def test_the_union_is_the_same_bytes_with_gaps_between(parts: list[Span]) -> None:
    """Joined spans hold the same bytes, ascend, are not empty and don't touch."""
    joined = join_spans(parts)

    assert covered(parts) == covered(joined)
    assert all(first < end for first, end in joined)
    assert all(one[1] < other[0] for one, other in pairwise(joined))


@given(st.lists(spans))
def test_a_whole_counts_when_every_byte_was_served_since_the_last(parts: list[Span]) -> None:
    """The count is that of a reader who ticks off bytes and starts afresh at each whole."""
    expected, missing = 0, set(range(SIZE))
    for part in parts:
        missing -= covered([part])
        if not missing:
            expected, missing = expected + 1, set(range(SIZE))

    assert expected == count_wholes(parts, SIZE)


@given(st.lists(spans), st.integers(1, 5))
def test_what_lacks_a_byte_never_counts(parts: list[Span], times: int) -> None:
    """However often all but one byte is served, it isn't a download."""
    lacking = [(first, min(end, SIZE - 1)) for first, end in parts] + [(0, SIZE - 1)]

    assert count_wholes(lacking * times, SIZE) == 0


@pytest.mark.parametrize(
    ("parts", "wholes"),
    [
        ([], 0),
        ([(0, 40)], 1),
        ([(0, 20), (20, 40)], 1),
        ([(20, 40), (0, 20)], 1),
        ([(0, 25), (15, 40)], 1),
        ([(0, 20), (21, 40)], 0),
        ([(0, 40), (0, 40), (0, 40)], 3),
        ([(0, 20), (0, 40), (20, 40)], 1),
        ([(0, 0), (40, 40)], 0),
    ],
)
def test_wholes(parts: list[Span], wholes: int) -> None:
    """Two halves make one download, in any order; a gap of one byte makes none."""
    assert wholes == count_wholes(parts, SIZE)
