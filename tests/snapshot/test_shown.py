"""Whom a page showed, as bytes: the same consumers have the same ones, and nothing else is read as such."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapshot.shown import pack_shown, read_shown

NAMES = st.builds(
    lambda year, bits: f"{year}:{bits.hex()}", st.integers(1, 9999), st.binary(min_size=16, max_size=16)
)


@given(st.lists(NAMES, max_size=50))
def test_what_is_packed_comes_back(names: list[str]) -> None:
    """In any order, each once, in 18 bytes each."""
    packed = pack_shown(names)
    assert set(names) == read_shown(packed)
    assert packed == pack_shown(reversed(names))
    assert 18 * len(set(names)) == len(packed)


def test_what_was_cut_off_is_not_read() -> None:
    """A list that ends within a pseudonym is none."""
    with pytest.raises(ValueError, match="cut off"):
        read_shown(pack_shown(["2026:" + "ab" * 16])[:-1])
