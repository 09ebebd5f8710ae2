"""Whether a foreign workbook's package can be unpacked at all: asked before any of it is.

Laws:
1. What a package claims to hold is compared with limits first.
2. A part that readers take in whole must hold what it claims, to the byte: it is inflated here once in
   pieces that are dropped, since a usual reader inflates a lying part whole before it looks at the claim.
   Sheets are read in pieces, and so bounded by what they claim.
3. CopyError says which way a package is wrong, and nothing of what is in it.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from xml.etree.ElementTree import ParseError

from openpyxl.utils.exceptions import InvalidFileException

from book.errors import CopyError

MAX_UNPACKED_BYTES = 2 << 30
MAX_WHOLE_PART_BYTES = 128 << 20
"""A part that a reader takes in whole, as shared texts and styles are."""
MAX_PARTS = 2_000
DAMAGES = (InvalidFileException, zipfile.BadZipFile, zlib.error, struct.error, ParseError, EOFError,
           NotImplementedError, KeyError, ValueError, TypeError, IndexError, AttributeError, OverflowError,
           RuntimeError, OSError)  # fmt: skip
"""What openpyxl and zipfile raise at files that are damaged; a workbook is anybody's."""

_SHEETS = "xl/worksheets/"
_LOCAL_LENGTHS = struct.Struct("<26x2H")
_PIECE = 1 << 20
_RAW = -15


def check_package(data: bytes) -> None:
    """Check a package against the limits and its own claims; CopyError otherwise."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
    except DAMAGES:
        raise CopyError("the workbook is damaged") from None
    whole = [part for part in parts if not part.filename.lstrip("/").startswith(_SHEETS)]
    if (
        len(parts) > MAX_PARTS
        or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES
        or any(part.file_size > MAX_WHOLE_PART_BYTES for part in whole)
    ):
        raise CopyError("the workbook claims to hold more than can be read")
    try:
        is_sound = all(_holds_what_it_claims(memoryview(data), part) for part in whole)
    except DAMAGES:
        is_sound = False
    if not is_sound:
        raise CopyError("the workbook is damaged")


def _holds_what_it_claims(data: memoryview, part: zipfile.ZipInfo) -> bool:
    start = part.header_offset + _LOCAL_LENGTHS.size
    start += sum(_LOCAL_LENGTHS.unpack_from(data, part.header_offset))
    packed: memoryview | bytes = data[start : start + part.compress_size]
    if part.compress_type == zipfile.ZIP_STORED:
        return len(packed) == part.compress_size == part.file_size
    if part.compress_type != zipfile.ZIP_DEFLATED:
        return False
    stream = zlib.decompressobj(_RAW)
    size = 0
    while packed and not stream.eof and size <= part.file_size:
        size += len(stream.decompress(packed, _PIECE))
        packed = stream.unconsumed_tail
    return stream.eof and size == part.file_size
