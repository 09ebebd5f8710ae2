"""Our reader of compound files (MS-CFB): strict, and bounded by the size of what it is given.

Laws:
1. Anything outside the form that `container.py` and Office write is a SealBrokenError, never a
   guess: version 3, whole sectors, ids within the file, chains as long as their streams say.
2. A hostile file costs no more than its own size: every chain is followed for a number of steps
   known before the first one, sizes are compared with the file's before anything is allocated,
   the directory is capped, and nothing is copied but the small streams and a package in pieces.
3. A chain that meets itself is refused, even where its length would bound the walk.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass

from book.compound import (
    BYTE_ORDER,
    END_OF_CHAIN,
    ENTRY,
    ENTRY_BYTES,
    HEADER,
    HEADER_DIFAT,
    IDS_PER_SECTOR,
    MAGIC,
    MAJOR_VERSION,
    MINI_CUTOFF,
    MINI_SECTOR,
    MINI_SECTOR_SHIFT,
    NAME_BYTES,
    NO_STREAM,
    ROOT,
    SECTOR,
    SECTOR_SHIFT,
    STREAM,
    ids_from_bytes,
    sectors_for,
)
from book.container import INFO, PACKAGE
from book.errors import SealBrokenError

MAX_DIRECTORY_SECTORS = 16
"""64 entries; our files have 11, those of Office under 20."""


@dataclass(frozen=True, kw_only=True)
class Streams:
    """What a sealed file holds: the stream that describes the seal, and the sealed bytes.

    `package` is a view of the file where it stands there in one piece, as in every file of ours.
    """

    info: bytes
    package: bytes | memoryview


@dataclass(frozen=True, kw_only=True)
class _Entry:
    name: str
    kind: int
    left: int
    right: int
    child: int
    start: int
    size: int


class _Compound:
    """The allocation tables of one file, checked."""

    def __init__(self, data: bytes) -> None:
        if len(data) < 2 * SECTOR or len(data) % SECTOR:
            raise SealBrokenError("the file is not a whole number of sectors")
        (
            magic, _, _, major, order, shift, mini_shift, _, directory_sectors, fat_sectors,
            self.directory_at, _, cutoff, self.mini_fat_at, self.mini_fat_sectors, difat_at, difat_sectors,
        ) = HEADER.unpack_from(data)  # fmt: skip
        if magic != MAGIC:
            raise SealBrokenError("the file is not a compound file")
        found = (major, order, shift, mini_shift, directory_sectors, cutoff)
        if found != (MAJOR_VERSION, BYTE_ORDER, SECTOR_SHIFT, MINI_SECTOR_SHIFT, 0, MINI_CUTOFF):
            raise SealBrokenError("the header is not that of a version 3 compound file")
        self.body = memoryview(data)[SECTOR:]
        self.sectors = len(self.body) // SECTOR
        self.fat = self._read_fat(data, fat_sectors, difat_at, difat_sectors)

    def _sector(self, sector: int) -> memoryview:
        if sector >= self.sectors:
            raise SealBrokenError("a sector lies outside the file")
        return self.body[sector * SECTOR : (sector + 1) * SECTOR]

    def _read_fat(self, data: bytes, fat_sectors: int, difat_at: int, difat_sectors: int) -> array[int]:
        if not 0 < fat_sectors <= self.sectors:
            raise SealBrokenError("the allocation table can't be as long as the header says")
        if difat_sectors != sectors_for(max(0, fat_sectors - HEADER_DIFAT), IDS_PER_SECTOR - 1):
            raise SealBrokenError("the list of allocation sectors has the wrong length")
        places = ids_from_bytes(data[HEADER.size : HEADER.size + 4 * HEADER_DIFAT])
        at = difat_at
        for _ in range(difat_sectors):
            ids = ids_from_bytes(self._sector(at))
            at = ids.pop()
            places.extend(ids)
        if at != END_OF_CHAIN:
            raise SealBrokenError("the list of allocation sectors does not end")
        fat = array("I")
        for place in places[:fat_sectors]:
            fat.extend(ids_from_bytes(self._sector(place)))
        if len(fat) < self.sectors:
            raise SealBrokenError("the allocation table is shorter than the file")
        return fat

    def chain(self, start: int, count: int) -> bytes | memoryview:
        """Take the `count` sectors of one chain, as they stand if in one piece; it must end exactly there."""
        places = follow(self.fat, start, count, limit=self.sectors)
        if isinstance(places, range):
            return self.body[places.start * SECTOR : places.stop * SECTOR]
        return b"".join(self._sector(place) for place in places)

    def directory(self) -> list[_Entry]:
        """Read every entry; a directory beyond MAX_DIRECTORY_SECTORS is refused."""
        entries: list[_Entry] = []
        at = self.directory_at
        for _ in range(MAX_DIRECTORY_SECTORS):
            sector = self._sector(at)
            entries += [_read_entry(sector[i : i + ENTRY_BYTES]) for i in range(0, SECTOR, ENTRY_BYTES)]
            at = self.fat[at]
            if at == END_OF_CHAIN:
                return entries
        raise SealBrokenError("the directory does not end")


def follow(ids: array[int], start: int, count: int, *, limit: int) -> range | list[int]:
    """Follow a chain for exactly `count` steps; a straight run comes back as a range.

    SealBrokenError when an id is not below `limit`, a sector comes twice, or the chain is
    shorter or longer than `count`.
    """
    if count > limit:
        raise SealBrokenError("a stream is longer than the file")
    if not count:
        return range(0)
    limit = min(limit, len(ids))
    last = start + count - 1
    if (
        last < limit
        and ids[last] == END_OF_CHAIN
        and ids[start:last] == array("I", range(start + 1, last + 1))
    ):
        return range(start, last + 1)
    seen = bytearray(limit)
    places: list[int] = []
    at = start
    for _ in range(count):
        if at >= limit or seen[at]:
            raise SealBrokenError("a chain of sectors is broken")
        seen[at] = 1
        places.append(at)
        at = ids[at]
    if at != END_OF_CHAIN:
        raise SealBrokenError("a chain of sectors does not end where its stream does")
    return places


def _read_entry(data: memoryview) -> _Entry:
    name, length, kind, _, left, right, child, _, _, _, _, start, size = ENTRY.unpack(data)
    if length > NAME_BYTES or length % 2:
        raise SealBrokenError("a name in the directory is broken")
    try:
        text = name[: max(0, length - 2)].decode("utf-16-le")
    except UnicodeDecodeError:
        raise SealBrokenError("a name in the directory is broken") from None
    return _Entry(name=text, kind=kind, left=left, right=right, child=child, start=start, size=size)


def _children_of_root(entries: list[_Entry]) -> dict[str, _Entry]:
    """Walk the root's tree of children; each entry may be met once."""
    if entries[0].kind != ROOT:
        raise SealBrokenError("the directory has no root")
    found: dict[str, _Entry] = {}
    met: set[int] = set()
    waiting = [entries[0].child]
    while waiting:
        place = waiting.pop()
        if place == NO_STREAM:
            continue
        if place >= len(entries) or place in met:
            raise SealBrokenError("the directory's tree is broken")
        met.add(place)
        entry = entries[place]
        if entry.name in found:
            raise SealBrokenError("a name stands twice in the directory")
        found[entry.name] = entry
        waiting += [entry.left, entry.right]
    return found


def _read_stream(compound: _Compound, root: _Entry, entry: _Entry) -> bytes | memoryview:
    if entry.size >= MINI_CUTOFF:
        return compound.chain(entry.start, sectors_for(entry.size))[: entry.size]
    if compound.mini_fat_sectors > compound.sectors or root.size % MINI_SECTOR:
        raise SealBrokenError("the mini stream is broken")
    mini_ids = ids_from_bytes(compound.chain(compound.mini_fat_at, compound.mini_fat_sectors))
    mini_stream = compound.chain(root.start, sectors_for(root.size))
    places = follow(
        mini_ids, entry.start, sectors_for(entry.size, MINI_SECTOR), limit=root.size // MINI_SECTOR
    )
    return b"".join(mini_stream[at * MINI_SECTOR : (at + 1) * MINI_SECTOR] for at in places)[: entry.size]


def read_container(data: bytes) -> Streams:
    """Take the streams `EncryptionInfo` and `EncryptedPackage` out of a compound file.

    SealBrokenError on anything that is not sound, at a cost bounded by `len(data)`.
    """
    compound = _Compound(data)
    entries = compound.directory()
    children = _children_of_root(entries)
    streams: dict[str, bytes | memoryview] = {}
    for name in (INFO, PACKAGE):
        entry = children.get(name)
        if entry is None or entry.kind != STREAM:
            raise SealBrokenError(f"the file has no stream {name}")
        streams[name] = _read_stream(compound, entries[0], entry)
    return Streams(info=bytes(streams[INFO]), package=streams[PACKAGE])
