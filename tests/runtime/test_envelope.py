"""Tests of the envelope: it opens as what it is or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.envelope import KEY_BYTES, MAGIC, EnvelopeError, open_envelope, seal_envelope

KEY = bytes(range(KEY_BYTES))
KEYS = st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES)
BINDINGS = st.dictionaries(
    st.sampled_from(["agent", "attempt", "export", "fencing", "position"]),
    st.text(max_size=10) | st.integers(0, 2**53 - 1),
    max_size=4,
)


@given(key=KEYS, clear=st.binary(max_size=300), use=st.text(max_size=10), binding=BINDINGS)
def test_an_envelope_opens_as_it_was_sealed(
    key: bytes, clear: bytes, use: str, binding: dict[str, str | int]
) -> None:
    """With the same key, use and binding the clear bytes come back."""
    assert clear == open_envelope(key, seal_envelope(key, clear, use=use, **binding), use=use, **binding)


@given(clear=st.binary(max_size=100), place=st.integers(min_value=0), change=st.integers(1, 255))
def test_a_changed_byte_opens_nothing(clear: bytes, place: int, change: int) -> None:
    """Any one byte changed, of mark, nonce, ciphertext or tag, is an EnvelopeError."""
    sealed = bytearray(seal_envelope(KEY, clear, use="book", export="a"))
    sealed[place % len(sealed)] ^= change
    with pytest.raises(EnvelopeError):
        open_envelope(KEY, bytes(sealed), use="book", export="a")


@given(clear=st.binary(max_size=100), cut=st.integers(min_value=1), tail=st.binary(min_size=1, max_size=20))
def test_a_cut_or_longer_envelope_opens_nothing(clear: bytes, cut: int, tail: bytes) -> None:
    """An envelope that lost its end, or has more of one, is an EnvelopeError."""
    sealed = seal_envelope(KEY, clear, use="book")
    for other in (sealed[: -(cut % len(sealed) or 1)], sealed + tail):
        with pytest.raises(EnvelopeError):
            open_envelope(KEY, other, use="book")


@given(one=BINDINGS, other=BINDINGS)
def test_another_binding_opens_nothing(one: dict[str, str | int], other: dict[str, str | int]) -> None:
    """Only the very names that an envelope was sealed with open it."""
    sealed = seal_envelope(KEY, b"clear", use="shard", **one)
    if one == other:
        assert b"clear" == open_envelope(KEY, sealed, use="shard", **other)
        return
    with pytest.raises(EnvelopeError):
        open_envelope(KEY, sealed, use="shard", **other)


@given(key=KEYS.filter(lambda key: key != KEY))
def test_another_key_opens_nothing(key: bytes) -> None:
    """Only the key that sealed an envelope opens it."""
    with pytest.raises(EnvelopeError):
        open_envelope(key, seal_envelope(KEY, b"clear", use="book"), use="book")


def test_another_use_opens_nothing() -> None:
    """A book's envelope doesn't open as a shard, whatever its names."""
    sealed = seal_envelope(KEY, b"clear", use="book", agent="a")
    with pytest.raises(EnvelopeError):
        open_envelope(KEY, sealed, use="shard", agent="a")


def test_a_number_is_not_its_text() -> None:
    """The binding tells 1 from '1'."""
    sealed = seal_envelope(KEY, b"clear", use="book", fencing=1)
    with pytest.raises(EnvelopeError):
        open_envelope(KEY, sealed, use="book", fencing="1")


def test_no_two_envelopes_are_alike() -> None:
    """Each sealing draws a nonce of its own."""
    sealed = {seal_envelope(KEY, b"clear", use="book") for _ in range(50)}
    assert 50 == len(sealed)
    assert {MAGIC} == {one[:4] for one in sealed}


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_key_of_another_length_is_refused(size: int) -> None:
    """A key that hasn't 32 bytes seals nothing and opens nothing."""
    with pytest.raises(ValueError, match="32 bytes"):
        seal_envelope(bytes(size), b"clear", use="book")
    with pytest.raises(EnvelopeError):
        open_envelope(bytes(size), seal_envelope(KEY, b"clear", use="book"), use="book")


def test_an_error_shows_nothing_of_what_is_sealed() -> None:
    """The error names the kind of object and nothing of its names or content."""
    sealed = seal_envelope(KEY, b"secret words", use="book", agent="0G58139")
    with pytest.raises(EnvelopeError) as thrown:
        open_envelope(KEY, sealed, use="book", agent="0B65625")
    assert "a sealed object of the kind 'book' does not open as what it should be" == str(thrown.value)
    assert thrown.value.__suppress_context__
