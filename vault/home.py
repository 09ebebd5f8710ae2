"""The vault's folder: who may use it, and the change counter that no backup takes.

Laws: one process at a time holds the folder (`flock`); the folder is for its owner alone
(0700). The counter has two places, a sector each, that are written in turn and synced: a write
that power loss tears leaves the number before it in the other place.
"""

from __future__ import annotations

import fcntl
import os
import zlib
from pathlib import Path
from typing import Protocol

from runtime.files import write_whole

STORE_NAME = "vault.db"
COUNTER_NAME = "changes.counter"
_LOCK_NAME = "lock"
_PLACE_BYTES = 512
_PLACES = 2
_TEXT_BYTES = 28


class HomeError(Exception):
    """The folder can't be used: held by another process, open to others, or damaged."""


class Counter(Protocol):
    """Remembers how many changes the store has seen.

    What `write` was given survives a power loss once it returns; `read` returns the last
    number written, or None where there is none or it can't be read.
    """

    def read(self) -> int | None:
        """Return the number of changes."""
        ...

    def write(self, changes: int) -> None:
        """Remember the number of changes."""
        ...


def _write_place(changes: int) -> bytes:
    number = f"{changes:018d}"
    return f"{number} {zlib.crc32(number.encode()):08x}\n".encode()


def _read_place(data: bytes) -> int | None:
    number = data[:18]
    if not number.isdigit() or data != _write_place(int(number)):
        return None
    return int(number)


class CounterFile:
    """The counter as a small file beside the store.

    Each place is eighteen digits, a space, the CRC-32 of the digits in hex and a newline,
    filled up with zero bytes.
    """

    def __init__(self, home: Path) -> None:
        self.path = home / COUNTER_NAME

    def read(self) -> int | None:
        """Return the number in the file; a missing or damaged file is None."""
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return None
        starts = range(0, _PLACES * _PLACE_BYTES, _PLACE_BYTES)
        found = [_read_place(data[start : start + _TEXT_BYTES]) for start in starts]
        return max((number for number in found if number is not None), default=None)

    def write(self, changes: int) -> None:
        """Put this number into the place whose turn it is, synced before it returns."""
        try:
            descriptor = os.open(self.path, os.O_WRONLY)
        except FileNotFoundError:
            self._make(changes)
            return
        try:
            os.pwrite(descriptor, _write_place(changes), changes % _PLACES * _PLACE_BYTES)
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)

    def _make(self, changes: int) -> None:
        data = bytearray(_PLACES * _PLACE_BYTES)
        start = changes % _PLACES * _PLACE_BYTES
        data[start : start + _TEXT_BYTES] = _write_place(changes)
        write_whole(self.path, bytes(data))


class HomeLock:
    """Holds a vault's folder for this process until it is released."""

    def __init__(self, home: Path) -> None:
        if not home.is_dir():
            raise HomeError("there is no vault in this folder; `sealedbook init` makes one")
        self._descriptor = os.open(home / _LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._descriptor)
            raise HomeError("another process holds this vault") from None

    def release(self) -> None:
        """Let another process have the folder."""
        os.close(self._descriptor)
