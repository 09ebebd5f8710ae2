"""Search files for planted personal data: plain, UTF-16, base64, and inside compressed streams.

Needles are long (nine characters and more), since short names occur in random bytes.
"""

from __future__ import annotations

import base64
import binascii
import csv
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

COLUMNS = (
    "case_number", "consumer_id", "first_name", "middle_name", "last_name", "phone_primary", "email",
    "home_address", "mailing_address", "authorized_representative", "exchange_policy_id",
    "issuer_member_id",
)  # fmt: skip
_SHORTEST = 9
_SHORTEST_NAME = 12
_NAMES = frozenset({"first_name", "middle_name", "last_name", "authorized_representative"})
_BASE64 = re.compile(rb"[A-Za-z0-9+/_\-\r\n]{40,}={0,2}")
_DEFLATED = re.compile(rb"PK\x03\x04|\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")
_DEEPEST = 3


def needles_of(extract: Path) -> set[bytes]:
    """Return what must not be found: direct identifiers of every consumer of an extract."""
    with extract.open(encoding="utf-8", newline="") as file:
        found = {
            value
            for row in csv.DictReader(file)
            for column in COLUMNS
            if len(value := row[column].strip()) >= (_SHORTEST_NAME if column in _NAMES else _SHORTEST)
        }
    return {text.encode(form) for text in found for form in ("utf-8", "utf-16-le")}


def find_leaks(data: bytes, needles: Iterable[bytes]) -> int:
    """Return how many needles stand in some bytes, in any of the forms that we look through."""
    layers = list(_layers(data, 0))
    return sum(any(needle in layer for layer in layers) for needle in needles)


def leaking_files(folders: Iterable[Path], needles: set[bytes]) -> list[Path]:
    """Return the files under some folders that hold a needle."""
    files = sorted({path for folder in folders for path in folder.rglob("*") if path.is_file()})
    return [path for path in files if find_leaks(path.read_bytes(), needles)]


def _layers(data: bytes, depth: int) -> Iterator[bytes]:
    yield data
    if depth == _DEEPEST:
        return
    for run in _BASE64.findall(data):
        packed = re.sub(rb"[\r\n]", b"", run).replace(b"-", b"+").replace(b"_", b"/").rstrip(b"=")
        for start in range(4):
            piece = packed[start:]
            piece = piece[: len(piece) // 4 * 4]
            try:
                decoded = base64.b64decode(piece, validate=True)
            except binascii.Error:
                continue
            yield from _layers(decoded, depth + 1)
    for match in _DEFLATED.finditer(data):
        inflated = _inflate(data, match.start())
        if inflated:
            yield from _layers(inflated, depth + 1)


def _inflate(data: bytes, start: int) -> bytes:
    """Inflate a zip member, gzip or zlib stream at an offset, as far as it goes."""
    head = data[start : start + 4]
    if head == b"PK\x03\x04":
        names = int.from_bytes(data[start + 26 : start + 28], "little")
        extra = int.from_bytes(data[start + 28 : start + 30], "little")
        machine, body = zlib.decompressobj(-zlib.MAX_WBITS), data[start + 30 + names + extra :]
    else:
        machine, body = zlib.decompressobj(zlib.MAX_WBITS | 32), data[start:]
    try:
        return machine.decompress(body, 64 * 1024 * 1024)
    except zlib.error:
        return b""
