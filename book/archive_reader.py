"""Our reader of the zip packages that `archive.py` writes: strict, and only as much as a read-back needs.

Laws:
1. What isn't in the form that our writer gives it is a SealBrokenError, never a guess: one directory at the
   end, no comment, parts deflated or stored, each name once.
2. A part that is read to its end has the size and the checksum that the directory says.
3. Nothing of the package is copied but what a part inflates to, piece by piece.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from book.archive import CENTRAL, DEFLATED, END, END64, FULL, LOCAL, LOCATOR64, RAW, ZIP64
from book.errors import SealBrokenError

_PIECE = 1 << 14
_STORED = 0


@dataclass(frozen=True, kw_only=True)
class _Member:
    method: int
    checksum: int
    packed: int
    size: int
    start: int


class ArchiveReader:
    """The parts of one package by their names; SealBrokenError where it is not sound."""

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)
        try:
            self._members = dict(self._directory())
        except (struct.error, UnicodeDecodeError):
            raise SealBrokenError("the package's directory is broken") from None

    def _directory(self) -> Iterator[tuple[str, _Member]]:
        data = self._data
        magic, _, _, _, count, length, at, comment = END.unpack_from(data, max(0, len(data) - END.size))
        end = len(data) - END.size
        if magic != b"PK\5\6" or comment:
            raise SealBrokenError("the package has no directory at its end")
        if FULL in (length, at):
            end -= LOCATOR64.size + END64.size
            found = END64.unpack_from(data, max(0, end))
            if found[0] != b"PK\6\6":
                raise SealBrokenError("the package's directory is broken")
            count, length, at = found[7:]
        if at + length != end:
            raise SealBrokenError("the package's directory is not where it must be")
        met: set[str] = set()
        for _ in range(count):
            name, member, at = self._member(at)
            if name in met:
                raise SealBrokenError("a part stands twice in the package")
            met.add(name)
            yield name, member
        if at != end:
            raise SealBrokenError("the package's directory does not end where it must")

    def _member(self, at: int) -> tuple[str, _Member, int]:
        fields = CENTRAL.unpack_from(self._data, at)
        magic, method, checksum, packed, size, name_bytes, extra_bytes = (fields[0], fields[4], *fields[7:12])
        if magic != b"PK\1\2" or fields[12]:
            raise SealBrokenError("the package's directory is broken")
        at += CENTRAL.size
        name = bytes(self._data[at : at + name_bytes]).decode("ascii")
        at += name_bytes
        sizes = [size, packed, fields[-1]]
        if FULL in sizes:
            kind, length = struct.unpack_from("<2H", self._data, at)
            far = struct.unpack_from(f"<{sizes.count(FULL)}Q", self._data, at + 4)
            if kind != ZIP64 or length != 8 * len(far):
                raise SealBrokenError("a part's large sizes are broken")
            wide = iter(far)
            sizes = [next(wide) if each == FULL else each for each in sizes]
        size, packed, start = sizes
        member = _Member(method=method, checksum=checksum, packed=packed, size=size, start=start)
        return name, member, at + extra_bytes

    def pieces(self, name: str) -> Iterator[bytes]:
        """Inflate one part, piece by piece."""
        member = self._members.get(name)
        if member is None:
            raise SealBrokenError("the package lacks a part")
        size = checksum = 0
        for piece in _inflated(self._packed(member), member.method):
            size += len(piece)
            checksum = zlib.crc32(piece, checksum)
            if size > member.size:
                break
            yield piece
        if (size, checksum) != (member.size, member.checksum):
            raise SealBrokenError("a part of the package was changed")

    def read(self, name: str) -> bytes:
        """Inflate one part whole."""
        return b"".join(self.pieces(name))

    def _packed(self, member: _Member) -> memoryview:
        if member.start + LOCAL.size > len(self._data):
            raise SealBrokenError("a part lies outside the package")
        fields = LOCAL.unpack_from(self._data, member.start)
        start = member.start + LOCAL.size + fields[-2] + fields[-1]
        if fields[0] != b"PK\3\4" or start + member.packed > len(self._data):
            raise SealBrokenError("a part lies outside the package")
        return self._data[start : start + member.packed]


def _inflated(packed: memoryview, method: int) -> Iterator[bytes]:
    if method == _STORED:
        yield bytes(packed)
        return
    if method != DEFLATED:
        raise SealBrokenError("a part is packed in a way that is not ours")
    stream = zlib.decompressobj(RAW)
    try:
        for start in range(0, len(packed), _PIECE):
            if stream.eof:
                raise SealBrokenError("a part of the package does not end where it must")
            yield stream.decompress(packed[start : start + _PIECE])
    except zlib.error:
        raise SealBrokenError("a part of the package can't be inflated") from None
    if not stream.eof or stream.unused_data:
        raise SealBrokenError("a part of the package does not end where it must")
