"""The zip package of a workbook: our writer, streamed part by part into pieces in memory.

Laws:
1. Each part is deflated once while it is written: by ISA-L where its wheel is, by zlib elsewhere. Parts
   that no book changes are deflated once per process (`Pressed`).
2. Sizes and checksum stand in each part's own header, so that no reader needs a trailing descriptor; sizes
   from 4 GiB on are written in zip64's form (APPNOTE 4.5.3).
3. The same parts give the same bytes: timestamps are fixed, nothing tells the machine.
"""

from __future__ import annotations

import importlib
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol


def _isal() -> Any:
    """Return ISA-L's module; there are machines that no wheel of it is made for."""
    try:
        return importlib.import_module("isal.isal_zlib")
    except ImportError:
        return None


_ISAL = _isal()

ISAL_LEVEL = 1
_ZLIB_LEVEL = 6
RAW = -15
DEFLATED = 8
_VERSION, _VERSION_ZIP64 = 20, 45
_DAY = 0x21
"""1980-01-01, the format's first day; midnight is 0."""
ZIP64 = 1
FULL = 0xFFFFFFFF
LOCAL = struct.Struct("<4s5H3I2H")
CENTRAL = struct.Struct("<4s6H3I5H2I")
END = struct.Struct("<4s4H2IH")
END64 = struct.Struct("<4sQ2H2I4Q")
LOCATOR64 = struct.Struct("<4sIQI")


class _Deflater(Protocol):
    def compress(self, data: Any, /) -> bytes: ...
    def flush(self) -> bytes: ...


@dataclass(frozen=True, kw_only=True)
class Pressed:
    """One deflated part: its pieces, the checksum and size of what went in."""

    pieces: tuple[bytes, ...]
    checksum: int
    size: int


def deflater() -> _Deflater:
    """Return a raw deflate stream, the fastest there is here."""
    if _ISAL is not None:
        stream: _Deflater = _ISAL.compressobj(ISAL_LEVEL, zlib.DEFLATED, RAW)
        return stream
    return zlib.compressobj(_ZLIB_LEVEL, zlib.DEFLATED, RAW)


def press(pieces: Iterable[bytes | memoryview]) -> Pressed:
    """Deflate one part; a piece is used up before the next is asked for."""
    stream = deflater()
    crc32 = zlib.crc32 if _ISAL is None else _ISAL.crc32
    checksum = size = 0
    out: list[bytes] = []
    for piece in pieces:
        checksum = crc32(piece, checksum)
        size += len(piece)
        if made := stream.compress(piece):
            out.append(made)
    out.append(stream.flush())
    return Pressed(pieces=tuple(out), checksum=checksum, size=size)


class Archive:
    """Collects parts in order; `finish` returns the zip.

    `most` is what the usual form can say in bytes; tests lower it.
    """

    def __init__(self, *, most: int = FULL) -> None:
        self._most = most
        self._pieces: list[bytes] = []
        self._central: list[bytes] = []
        self._at = 0

    def _put(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._at += len(piece)

    def add(self, name: str, part: Pressed) -> None:
        """Add one part under its name, which is ASCII."""
        start, packed = self._at, sum(map(len, part.pieces))
        path = name.encode("ascii")
        large = packed >= self._most or part.size >= self._most
        sizes = (FULL, FULL) if large else (packed, part.size)
        extra = struct.pack("<2H2Q", ZIP64, 16, part.size, packed) if large else b""
        version = _VERSION_ZIP64 if large else _VERSION
        common = (0, DEFLATED, 0, _DAY, part.checksum, *sizes, len(path), len(extra))
        self._put(LOCAL.pack(b"PK\3\4", version, *common) + path + extra)
        for piece in part.pieces:
            self._put(piece)
        far = start >= self._most
        if far:
            extended = [part.size, packed] if large else []
            extra = struct.pack(f"<2H{len(extended) + 1}Q", ZIP64, 8 * len(extended) + 8, *extended, start)
            version, common = _VERSION_ZIP64, (*common[:-1], len(extra))
        place = FULL if far else start
        self._central.append(
            CENTRAL.pack(b"PK\1\2", version, version, *common, 0, 0, 0, 0, place) + path + extra
        )

    def finish(self) -> bytes:
        """Write the directory and return the whole."""
        start, count = self._at, len(self._central)
        for entry in self._central:
            self._put(entry)
        length = self._at - start
        wide = start + length >= self._most
        if wide:
            end = self._at
            self._put(
                END64.pack(b"PK\6\6", 44, _VERSION_ZIP64, _VERSION_ZIP64, 0, 0, count, count, length, start)
            )
            self._put(LOCATOR64.pack(b"PK\6\7", 0, end, 1))
        place = (FULL, FULL) if wide else (length, start)
        self._put(END.pack(b"PK\5\6", 0, 0, count, count, *place, 0))
        return b"".join(self._pieces)
