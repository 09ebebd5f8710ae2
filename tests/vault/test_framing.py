"""Frames: strict, bounded, and patient only to a deadline."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.framing import FrameReader, FramingError, decode_body, decode_bytes, encode_bytes, encode_frame


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends of one connection."""
    left, right = socket.socketpair()
    yield left, right
    left.close()
    right.close()


@given(st.binary(max_size=64))
def test_bytes_survive_the_way_there_and_back(data: bytes) -> None:
    """Bytes that are written as base64 read as the same bytes."""
    assert data == decode_bytes(encode_bytes(data))


@pytest.mark.parametrize("text", ["AB==", "A", "AA=", "AA==\n", "A-__", 7, None])
def test_base64_has_one_form(text: object) -> None:
    """Altered trailing bits, missing padding, line ends and other alphabets are errors."""
    with pytest.raises(FramingError):
        decode_bytes(text)


@pytest.mark.parametrize(
    "body", [b"[]", b'{"a":1,"a":2}', b'{"a":1.5}', b'{"a":NaN}', b"{", b"\xff", b'{"a":1}x', b"[" * 100_000]
)
def test_json_is_strict(body: bytes) -> None:
    """Lists, doubled names, fractions, NaN, cut, odd and too deep bodies are errors."""
    with pytest.raises(FramingError):
        decode_body(body)


def test_a_frame_in_pieces_is_kept_until_it_is_whole(pair: tuple[socket.socket, socket.socket]) -> None:
    """What came before the time ran out isn't lost; two frames at once are two frames."""
    left, right = pair
    reader = FrameReader(right, max_bytes=100)
    frame = encode_frame({"a": 1})
    left.sendall(frame[:6])

    assert reader.read(seconds=0) is None
    assert reader.read(seconds=0.01) is None

    left.sendall(frame[6:] + frame)

    assert decode_body(reader.read(seconds=1) or b"") == {"a": 1}
    assert decode_body(reader.read(seconds=1) or b"") == {"a": 1}


@pytest.mark.parametrize("header", [b"\0\0\0\0", b"\0\0\0\x65", b"\xff\xff\xff\xff"])
def test_a_frame_over_the_limit_is_refused_by_its_header(
    pair: tuple[socket.socket, socket.socket], header: bytes
) -> None:
    """An empty frame and one over the limit are errors before their bodies come."""
    left, right = pair
    left.sendall(header)

    with pytest.raises(FramingError):
        FrameReader(right, max_bytes=100).read(seconds=1)


def test_a_peer_who_goes_away_is_an_error(pair: tuple[socket.socket, socket.socket]) -> None:
    """The end of the stream within a frame is a FramingError."""
    left, right = pair
    left.sendall(b"\0\0\0\x05{")
    left.close()

    with pytest.raises(FramingError):
        FrameReader(right, max_bytes=100).read(seconds=1)
