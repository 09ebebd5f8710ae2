"""The words of the compound file format (MS-CFB) that writer and reader share.

Version 3 only: 512-byte sectors, 64-byte mini sectors, streams under 4,096 bytes in the mini
stream. That is what Office writes for protected workbooks, and it bounds a stream to 2 GiB.
"""

from __future__ import annotations

import struct
import sys
from array import array

MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
SECTOR = 512
MINI_SECTOR = 64
MINI_CUTOFF = 4096
ENTRY_BYTES = 128
NAME_BYTES = 64
IDS_PER_SECTOR = SECTOR // 4
HEADER_DIFAT = 109
MAX_STREAM = 2**31 - 1

DIFSECT = 0xFFFFFFFC
FATSECT = 0xFFFFFFFD
END_OF_CHAIN = 0xFFFFFFFE
FREE = 0xFFFFFFFF
NO_STREAM = 0xFFFFFFFF

STORAGE = 1
STREAM = 2
ROOT = 5
RED = 0
BLACK = 1

MINOR_VERSION = 0x003E
MAJOR_VERSION = 3
BYTE_ORDER = 0xFFFE
SECTOR_SHIFT = 9
MINI_SECTOR_SHIFT = 6

HEADER = struct.Struct("<8s16s5H6s9I")
"""Magic, class id, minor, major, byte order, sector shift, mini shift, reserved, directory sectors,
FAT sectors, first directory sector, transaction, mini cutoff, first mini FAT, mini FAT sectors,
first DIFAT, DIFAT sectors (MS-CFB 2.2)."""

ENTRY = struct.Struct("<64sHBB3I16sI2QIQ")
"""Name, name length, type, colour, left, right, child, class id, state bits, created, modified,
first sector, size (MS-CFB 2.6.1)."""


def sectors_for(size: int, unit: int = SECTOR) -> int:
    """Count the units that `size` bytes fill, the last one perhaps in part."""
    return -(-size // unit)


def ids_from_bytes(data: bytes | memoryview) -> array[int]:
    """Read little-endian 32-bit sector ids."""
    ids = array("I")
    ids.frombytes(data)
    if sys.byteorder == "big":
        ids.byteswap()
    return ids


def ids_to_bytes(ids: array[int]) -> bytes:
    """Write sector ids as little-endian 32-bit numbers."""
    if sys.byteorder == "big":
        ids = ids[:]
        ids.byteswap()
    return ids.tobytes()
