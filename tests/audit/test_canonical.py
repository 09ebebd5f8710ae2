"""Canonical JSON: one value, one encoding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.canonical import MAX_BYTES, CanonicalError, decode, encode, encode_plain

VALUES = st.recursive(
    st.text(st.characters(codec="utf-8")) | st.integers(-(2**53) + 1, 2**53 - 1),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), VALUES, max_size=5))
def test_what_was_written_is_read(value: dict[str, object]) -> None:
    """Every object comes back as it was."""
    assert value == decode(encode(value))


ASCII = st.characters(codec="ascii")
PLAIN = st.recursive(
    st.text(ASCII) | st.integers(-(2**53) + 1, 2**53 - 1),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(ASCII), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(ASCII, max_size=8), PLAIN, max_size=5))
def test_plain_values_have_the_same_encoding(value: dict[str, object]) -> None:
    """The fast way writes what RFC 8785's own library does, control characters and quotes too."""
    assert encode(value) == encode_plain(value)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'{"a":1', id="cut off"),
        pytest.param(b'{"a":1,"a":1}', id="a key twice"),
        pytest.param(b'{"a":1.0}', id="a float"),
        pytest.param(b'{"a":1e3}', id="an exponent"),
        pytest.param(b'{"a":NaN}', id="no number"),
        pytest.param(b'{"a":-0}', id="minus zero"),
        pytest.param(b'{"a":9007199254740992}', id="an integer that a double can't hold"),
        pytest.param(b'{"a":' + b"9" * 5000 + b"}", id="an integer of 5000 digits"),
        pytest.param(b'{"a": 1}', id="a space"),
        pytest.param(b'{"a":1}\n', id="a newline behind"),
        pytest.param(b'\xef\xbb\xbf{"a":1}', id="a byte order mark"),
        pytest.param(b'{"b":1,"a":1}', id="keys out of order"),
        pytest.param(b'{"\\u0061":1}', id="a needless escape"),
        pytest.param(b'{"a":"\\ud800"}', id="half a surrogate pair"),
        pytest.param(b'{"a":"\xff"}', id="bytes that aren't UTF-8"),
        pytest.param(b'{"a":' + b"[" * 60_000 + b"]" * 60_000 + b"}", id="longer than allowed"),
        pytest.param(b'{"a":' + b"[" * 30_000 + b"]" * 30_000 + b"}", id="nested too deeply"),
    ],
)
def test_other_bytes_are_refused(data: bytes) -> None:
    """Bytes that aren't the one encoding of an object raise CanonicalError."""
    with pytest.raises(CanonicalError):
        decode(data)


def test_values_outside_the_format_are_refused() -> None:
    """What canonical JSON can't hold can't be written."""
    with pytest.raises(CanonicalError):
        encode({"a": 2**53})
    with pytest.raises(CanonicalError):
        encode({"a": "\ud800"})


def test_longest_line_is_read() -> None:
    """Exactly MAX_BYTES are read, one more isn't."""
    longest = encode({"a": "x" * (MAX_BYTES - 8)})

    assert MAX_BYTES == len(longest)
    assert longest == encode(decode(longest))
    with pytest.raises(CanonicalError, match="longer"):
        decode(longest + b" ")
