"""The vault's folder: who may use it, and the change counter that no backup takes.

Laws: one process at a time holds the folder (`flock`); the folder is for its owner alone
(0700). The counter is written as a whole: temporary file, fsync, rename, fsync of the folder.
"""

from __future__ import annotations

import fcntl
import os
import re
from pathlib import Path
from typing import Protocol

STORE_NAME = "vault.db"
COUNTER_NAME = "changes.counter"
_LOCK_NAME = "lock"
_COUNTER_TEXT = re.compile(r"(0|[1-9][0-9]{0,17})\n")


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


class CounterFile:
    """The counter as a small file beside the store."""

    def __init__(self, home: Path) -> None:
        self.path = home / COUNTER_NAME

    def read(self) -> int | None:
        """Return the number in the file; a missing or damaged file is None."""
        try:
            text = self.path.read_text("ascii")
        except (FileNotFoundError, UnicodeDecodeError):
            return None
        return int(text) if _COUNTER_TEXT.fullmatch(text) else None

    def write(self, changes: int) -> None:
        """Replace the file by one with this number, synced before it returns."""
        temporary = self.path.with_suffix(".tmp")
        with temporary.open("w", encoding="ascii") as file:
            file.write(f"{changes}\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.path)
        sync_folder(self.path.parent)


def sync_folder(folder: Path) -> None:
    """Make the folder's own entries survive a power loss."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
