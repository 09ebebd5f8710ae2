"""A batch of rows as bytes without its schema, compressed, and back.

Format: the length of the Arrow IPC message as 8 bytes big-endian, then the message compressed
as one frame, by Zstandard for what is kept. One frame over all columns packs an agent's few
rows smaller and faster than a frame for each column's buffers; the schema stands elsewhere, once.
"""

from __future__ import annotations

import struct
from enum import StrEnum

import pyarrow as pa

_LENGTH = struct.Struct(">Q")
_LARGEST = 1 << 34


class Codec(StrEnum):
    """How a message is compressed: small, or fast for what is soon read again."""

    SMALL = "zstd"
    FAST = "lz4_raw"


_LEVEL = {Codec.SMALL: 1, Codec.FAST: None}


class PackingError(Exception):
    """The bytes aren't a packed batch of that schema."""


def pack(rows: pa.RecordBatch, codec: Codec = Codec.SMALL) -> bytes:
    """Return one batch as bytes."""
    message = rows.serialize()
    packed: bytes = pa.Codec(codec.value, _LEVEL[codec]).compress(message, asbytes=True)
    return _LENGTH.pack(message.size) + packed


def unpack(data: bytes, schema: pa.Schema, codec: Codec = Codec.SMALL) -> pa.RecordBatch:
    """Return the batch that was packed; PackingError where it can't be."""
    try:
        (length,) = _LENGTH.unpack_from(data)
        if length > _LARGEST:
            raise PackingError("a packed batch of an impossible length")
        message = pa.decompress(memoryview(data)[_LENGTH.size :], length, codec=codec.value)
        rows = pa.ipc.read_record_batch(message, schema)
        rows.validate()
    except (struct.error, pa.ArrowException, OSError, ValueError):
        raise PackingError("not a packed batch of this schema") from None
    return rows
