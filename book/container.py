"""The compound file that a sealed book is (MS-CFB): our writer.

Laws:
1. The same two streams give the same bytes: every timestamp and class id is zero, which the
   format allows, so nothing about the machine or the moment leaks.
2. The streams and storages are those that MS-OFFCRYPTO 2.1 asks for, and no others.
3. The allocation table is built as one array, not sector by sector: at 100 MB a loop would
   cost more than the encryption does.

Order in the file: header, DIFAT, FAT, mini FAT, directory, mini stream, large streams.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass

from book import dataspaces
from book.compound import (
    BLACK,
    BYTE_ORDER,
    DIFSECT,
    END_OF_CHAIN,
    ENTRY,
    ENTRY_BYTES,
    FATSECT,
    FREE,
    HEADER,
    HEADER_DIFAT,
    IDS_PER_SECTOR,
    MAGIC,
    MAJOR_VERSION,
    MAX_STREAM,
    MINI_CUTOFF,
    MINI_SECTOR,
    MINI_SECTOR_SHIFT,
    MINOR_VERSION,
    NO_STREAM,
    RED,
    ROOT,
    SECTOR,
    SECTOR_SHIFT,
    STORAGE,
    STREAM,
    ids_to_bytes,
    sectors_for,
)
from book.errors import BookError

INFO = "EncryptionInfo"
PACKAGE = "EncryptedPackage"


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """One directory entry; `left`, `right` and `child` are places in `_directory`'s tuple."""

    name: str
    kind: int = STREAM
    colour: int = BLACK
    left: int = NO_STREAM
    right: int = NO_STREAM
    child: int = NO_STREAM
    content: bytes | memoryview = b""


def _directory(info: bytes, package: bytes | memoryview) -> tuple[_Entry, ...]:
    """Name the fixed tree; siblings are ordered by length, then by upper-case letters (2.6.4)."""
    return (
        _Entry(name="Root Entry", kind=ROOT, child=2),
        _Entry(name="\x06DataSpaces", kind=STORAGE, colour=RED, child=5),
        _Entry(name=INFO, left=1, right=3, content=info),
        _Entry(name=PACKAGE, colour=RED, content=package),
        _Entry(name="Version", content=dataspaces.VERSION),
        _Entry(name="DataSpaceMap", left=4, right=6, content=dataspaces.MAP),
        _Entry(name="DataSpaceInfo", kind=STORAGE, right=8, child=7),
        _Entry(name="StrongEncryptionDataSpace", content=dataspaces.SPACE),
        _Entry(name="TransformInfo", kind=STORAGE, colour=RED, child=9),
        _Entry(name="StrongEncryptionTransform", kind=STORAGE, child=10),
        _Entry(name="\x06Primary", content=dataspaces.PRIMARY),
    )


@dataclass(frozen=True, kw_only=True)
class _Sizes:
    """How many sectors each part of the file takes."""

    difat: int
    fat: int
    mini_fat: int
    directory: int
    mini_stream: int
    large: int

    @property
    def total(self) -> int:
        return self.difat + self.fat + self.content

    @property
    def content(self) -> int:
        return self.mini_fat + self.directory + self.mini_stream + self.large


def _measure(*, mini_fat: int, directory: int, mini_stream: int, large: int) -> _Sizes:
    """Find the smallest FAT and DIFAT that cover the content and themselves."""
    content = mini_fat + directory + mini_stream + large
    fat = difat = 0
    while fat * IDS_PER_SECTOR < content + fat + difat:
        fat = sectors_for(content + fat + difat, IDS_PER_SECTOR)
        difat = sectors_for(max(0, fat - HEADER_DIFAT), IDS_PER_SECTOR - 1)
    return _Sizes(
        difat=difat, fat=fat, mini_fat=mini_fat, directory=directory, mini_stream=mini_stream, large=large
    )


def _chain(ids: array[int], start: int, length: int) -> int:
    """End a chain of `length` consecutive sectors at `start`; return the sector after it."""
    if length:
        ids[start + length - 1] = END_OF_CHAIN
    return start + length


def _header(sizes: _Sizes) -> bytes:
    fat_at = sizes.difat
    in_header = array("I", range(fat_at, fat_at + min(sizes.fat, HEADER_DIFAT)))
    in_header.extend([FREE] * (HEADER_DIFAT - len(in_header)))
    return HEADER.pack(
        MAGIC, bytes(16), MINOR_VERSION, MAJOR_VERSION, BYTE_ORDER, SECTOR_SHIFT, MINI_SECTOR_SHIFT,
        bytes(6), 0, sizes.fat, sizes.difat + sizes.fat + sizes.mini_fat, 0, MINI_CUTOFF,
        sizes.difat + sizes.fat, sizes.mini_fat, 0 if sizes.difat else END_OF_CHAIN, sizes.difat,
    ) + ids_to_bytes(in_header)  # fmt: skip


def _difat(sizes: _Sizes) -> bytes:
    """List the FAT sectors that the header has no room for; each sector ends with the next one's id."""
    out = array("I")
    first = sizes.difat + HEADER_DIFAT
    end = sizes.difat + sizes.fat
    for sector in range(sizes.difat):
        listed = array("I", range(first, min(first + IDS_PER_SECTOR - 1, end)))
        first += len(listed)
        out.extend(listed)
        out.extend([FREE] * (IDS_PER_SECTOR - 1 - len(listed)))
        out.append(sector + 1 if sector + 1 < sizes.difat else END_OF_CHAIN)
    return ids_to_bytes(out)


def _padded(data: bytes | memoryview, unit: int = SECTOR) -> bytes:
    return bytes(-len(data) % unit)


def write_container(info: bytes, package: bytes | memoryview) -> bytes:
    """Put the streams `EncryptionInfo` and `EncryptedPackage` into a compound file.

    A package of 2 GiB or more is a BookError: version 3 of the format can't say its size.
    """
    if len(package) > MAX_STREAM:
        raise BookError("a sealed book can't be larger than 2 GiB")
    entries = _directory(info, package)
    starts: dict[int, int] = {}
    mini: list[bytes | memoryview] = []
    large: list[int] = []
    mini_ids = array("I")
    for place, entry in enumerate(entries):
        count = sectors_for(len(entry.content), MINI_SECTOR)
        if len(entry.content) >= MINI_CUTOFF:
            large.append(place)
        elif count:
            starts[place] = len(mini_ids)
            mini_ids.extend(range(len(mini_ids) + 1, len(mini_ids) + count + 1))
            mini_ids[-1] = END_OF_CHAIN
            mini += [entry.content, _padded(entry.content, MINI_SECTOR)]
    mini_stream = b"".join(mini)
    mini_ids.extend([FREE] * (-len(mini_ids) % IDS_PER_SECTOR))

    sizes = _measure(
        mini_fat=len(mini_ids) // IDS_PER_SECTOR,
        directory=sectors_for(len(entries) * ENTRY_BYTES),
        mini_stream=sectors_for(len(mini_stream)),
        large=sum(sectors_for(len(entries[place].content)) for place in large),
    )
    fat = array("I", range(1, sizes.total + 1))
    fat[: sizes.difat] = array("I", [DIFSECT]) * sizes.difat
    fat[sizes.difat : sizes.difat + sizes.fat] = array("I", [FATSECT]) * sizes.fat
    at = _chain(fat, sizes.difat + sizes.fat, sizes.mini_fat)
    at = _chain(fat, at, sizes.directory)
    starts[0] = at
    at = _chain(fat, at, sizes.mini_stream)
    for place in large:
        starts[place] = at
        at = _chain(fat, at, sectors_for(len(entries[place].content)))
    fat.extend(array("I", [FREE]) * (sizes.fat * IDS_PER_SECTOR - len(fat)))

    parts: list[bytes | memoryview] = [
        _header(sizes),
        _difat(sizes),
        ids_to_bytes(fat),
        ids_to_bytes(mini_ids),
    ]
    for place, entry in enumerate(entries):
        size = len(mini_stream) if place == 0 else len(entry.content)
        start = starts.get(place, 0 if entry.kind == STORAGE else END_OF_CHAIN)
        parts.append(_entry_bytes(entry, start, size))
    parts += [_unused_entries(len(entries)), mini_stream, _padded(mini_stream)]
    for place in large:
        content = entries[place].content
        parts += [content, _padded(content)]
    return b"".join(parts)


def _entry_bytes(entry: _Entry, start: int, size: int) -> bytes:
    name = entry.name.encode("utf-16-le") + b"\0\0"
    return ENTRY.pack(
        name, len(name), entry.kind, entry.colour, entry.left, entry.right, entry.child,
        bytes(16), 0, 0, 0, start, size,
    )  # fmt: skip


def _unused_entries(used: int) -> bytes:
    """Fill the directory's last sector with free entries (2.6.3)."""
    free = ENTRY.pack(b"", 0, 0, 0, NO_STREAM, NO_STREAM, NO_STREAM, bytes(16), 0, 0, 0, 0, 0)
    return free * (-used % (SECTOR // ENTRY_BYTES))
