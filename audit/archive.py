"""The evidence bundle as one ZIP archive, made while it is sent: no file, and little memory.

Laws of this file
1. The archive unpacks to one folder, which `verify.py` verifies as it is.
2. Like a folder's bundle it ends where its checkpoint ends, and the checkpoint comes last, so
   that an archive that was cut short has none.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from audit.bundle import read_head_of
from audit.evidence import CHECKPOINT, ENTRIES, KEYS, VKEY
from audit.reader import LedgerReader

FOLDER: Final = "sealed-book-evidence"
MEDIA_TYPE: Final = "application/zip"
_CHUNK_BYTES = 32 * 1024


def stream_archive(
    reader: LedgerReader, vkey_text: str, checkpoint_note: str, at: datetime, *, keys: str | None = None
) -> Iterator[bytes]:
    """Yield the archive's bytes; `at` is the time that its members carry, `keys` the key history's text.

    Raises NoteError before the first byte; LedgerError where entries are missing, which cuts the
    archive short.
    """
    head = read_head_of(vkey_text, checkpoint_note, keys=keys)
    spool = _Spool()
    with zipfile.ZipFile(spool, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open(_member(ENTRIES, at), "w", force_zip64=True) as member:
            for line in reader.lines(0, head.size):
                member.write(line + b"\n")
                if spool.size >= _CHUNK_BYTES:
                    yield spool.take()
        archive.writestr(_member(VKEY, at), f"{vkey_text}\n")
        if keys is not None:
            archive.writestr(_member(KEYS, at), keys)
        archive.writestr(_member(CHECKPOINT, at), checkpoint_note.removesuffix("\n") + "\n")
    yield spool.take()


def _member(name: str, at: datetime) -> zipfile.ZipInfo:
    stamp = (at.year, at.month, at.day, at.hour, at.minute, at.second)
    member = zipfile.ZipInfo(f"{FOLDER}/{name}", stamp)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o644 << 16
    return member


class _Spool:
    """Takes what the archive writes and hands it on; it can't be sought, so nothing is mended later."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.size = 0

    def write(self, data: bytes, /) -> int:
        """Take bytes; `zipfile` goes on with its own buffer, so they are copied."""
        self._parts.append(bytes(data))
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """Do nothing: whoever takes the bytes sends them."""

    def close(self) -> None:
        """Do nothing, likewise."""

    def take(self) -> bytes:
        """Return what was written since the last time."""
        data = b"".join(self._parts)
        self._parts.clear()
        self.size = 0
        return data
