"""A list in parts is that list."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runtime.parts import in_parts


@given(st.lists(st.integers(), max_size=30), st.integers(1, 12))
def test_parts_are_the_list_and_none_is_too_long(items: list[int], most: int) -> None:
    """Joined they give the list again; all are full but the last, and none is empty."""
    parts = list(in_parts(items, most))
    assert items == [item for part in parts for item in part]
    assert all(most == len(part) for part in parts[:-1])
    assert all(0 < len(part) <= most for part in parts)
