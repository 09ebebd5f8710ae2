"""Disk kept in reserve: a file that takes room while all is well, and gives it back when there is none.

Laws
1. While the reserve is whole, what is begun can be ended: there is room to record it.
2. When the disk runs full the reserve is given up at once, and made again as soon as there is room
   for it and as much again; it is whole or it isn't there.
3. Whoever may not write to the folder only looks.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

NAME = "reserve"
_PART = 4


class Reserve:
    """The reserve of one folder; `size` in bytes, 0 for none."""

    def __init__(self, folder: Path, size: int) -> None:
        self._folder = folder
        self._path = folder / NAME
        self.size = size

    @property
    def limit(self) -> int:
        """Bytes that are to be free beside the reserve; below, the disk counts as full."""
        return self.size // _PART

    @property
    def is_whole(self) -> bool:
        """Whether the reserve is there, or none is wanted."""
        try:
            return not self.size or self._path.stat().st_size >= self.size
        except OSError:
            return False

    def settle(self) -> bool:
        """Give the reserve up or make it again as the disk has it; tell whether it is whole."""
        if not self.size:
            return True
        free = self._free()
        if self.is_whole:
            if free >= self.limit:
                return True
            self.give_up()
        elif free >= 2 * self.size:
            self._make()
        return self.is_whole

    def give_up(self) -> None:
        """Give the room back."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _free(self) -> int:
        found = os.statvfs(self._folder)
        return found.f_bavail * found.f_frsize

    def _make(self) -> None:
        part = self._path.with_suffix(f".{os.getpid()}.part")
        try:
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, self.size)
            finally:
                os.close(descriptor)
            part.replace(self._path)
        except OSError:
            with suppress(OSError):
                part.unlink(missing_ok=True)
