"""Frames on the wire: four bytes of length, big-endian, then that many bytes of JSON.

Law: reading is strict. A frame is one JSON object in UTF-8 without duplicate names, NaN or
floating-point numbers; bytes travel as canonical base64. A frame is read by a deadline for
the whole of it, so that a peer who drips bytes gains nothing.
"""

from __future__ import annotations

import base64
import binascii
import json
import socket
import time
from typing import Any, NoReturn

REQUEST_MAX_BYTES = 64 * 2**20
ANSWER_MAX_BYTES = 256 * 2**20
_HEADER_BYTES = 4
_CHUNK_BYTES = 2**16


class FramingError(Exception):
    """The peer sent something that isn't a frame, or went away within one."""


def encode_bytes(data: bytes) -> str:
    """Return base64 with padding (RFC 4648 section 4)."""
    return base64.b64encode(data).decode("ascii")


def decode_bytes(text: object) -> bytes:
    """Read canonical base64: text that means the same bytes but differs is an error."""
    if not isinstance(text, str):
        raise FramingError("bytes travel as text")
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise FramingError("not base64") from None
    if encode_bytes(data) != text:
        raise FramingError("not canonical base64")
    return data


def encode_frame(message: dict[str, Any]) -> bytes:
    """Return a message as one frame."""
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    return len(body).to_bytes(_HEADER_BYTES, "big") + body


def decode_body(body: bytes) -> dict[str, Any]:
    """Read one strict JSON object."""
    try:
        message = json.loads(
            body.decode("utf-8", errors="strict"),
            object_pairs_hook=_distinct,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
        )
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError, ValueError):
        raise FramingError("not strict JSON") from None
    if not isinstance(message, dict):
        raise FramingError("not a JSON object")
    return message


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise FramingError("a name stands twice")
    return members


def _refuse_number(_text: str) -> NoReturn:
    raise FramingError("only whole numbers travel")


def send_frame(connection: socket.socket, frame: bytes, *, seconds: float) -> None:
    """Send a frame; a peer who doesn't take it within the time is a FramingError."""
    try:
        connection.settimeout(seconds)
        connection.sendall(frame)
    except (OSError, ValueError):
        raise FramingError("the peer took no answer") from None


class FrameReader:
    """Reads frames from one connection; what came of a frame is kept until the rest comes."""

    def __init__(self, connection: socket.socket, *, max_bytes: int) -> None:
        self._connection = connection
        self._max_bytes = max_bytes
        self._data = bytearray()

    def read(self, *, seconds: float) -> bytes | None:
        """Return the next frame's body, or None if it isn't whole within the time given.

        A frame that is empty or over the limit, or a peer who goes away, is a FramingError.
        """
        deadline = time.monotonic() + seconds
        while (body := self._whole()) is None:
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            try:
                self._connection.settimeout(left)
                chunk = self._connection.recv(_CHUNK_BYTES)
            except TimeoutError:
                return None
            except (OSError, ValueError):
                raise FramingError("the peer went away") from None
            if not chunk:
                raise FramingError("the peer went away")
            # Memory grows with what came, not with what the header promises.
            self._data += chunk
        return body

    def _whole(self) -> bytes | None:
        if len(self._data) < _HEADER_BYTES:
            return None
        length = int.from_bytes(self._data[:_HEADER_BYTES], "big")
        if not 0 < length <= self._max_bytes:
            raise FramingError("a frame of this size isn't read")
        end = _HEADER_BYTES + length
        if len(self._data) < end:
            return None
        body = bytes(self._data[_HEADER_BYTES:end])
        del self._data[:end]
        return body
