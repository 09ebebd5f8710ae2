"""Small files, written so that a crash leaves the old content or the new one, never half of either.

Laws
1. What is written goes beside the name first, to the disk, and gets its name at once; then the
   folder is flushed, so that the name survives a power loss too.
2. A file is for its owner alone (0600) from the first byte on.
3. A link at the name is replaced, not followed.
4. What a crash left beside has one name, `.NAME.part`: the next writer of that file removes it,
   so that no copy of a secret stays where nobody looks. Writers of a folder wait for each other.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

_OWNER_ALONE = 0o600
_BLOCK_BYTES = 1 << 20


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file durably, whole or not at all, in an older one's place; text as UTF-8. Raises OSError."""
    _write_beside(path, content, lambda beside: beside.replace(path))


def create_whole(path: Path, content: str | bytes) -> None:
    """Write a file durably, whole or not at all, where there is none; else raise FileExistsError."""
    # A link fails when the name is taken; a rename would overwrite.
    _write_beside(path, content, path.hardlink_to)


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Write a file under a name that nobody has; its bytes are on the disk when this ends well.

    The name is not: that takes `sync_folder`. Raises FileExistsError, for a link too.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ALONE)
    with os.fdopen(descriptor, "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make a folder's own entries survive a power loss."""
    with _opened(folder) as descriptor:
        os.fsync(descriptor)


def erase_file(path: Path) -> None:
    """Overwrite a file once with zero bytes, synced, and remove it durably; FileNotFoundError without one.

    On storage that writes elsewhere (flash, copy on write) the old blocks may outlive this; the
    disk's own encryption is what protects them.
    """
    with path.open("r+b") as file:
        left = os.fstat(file.fileno()).st_size
        while left:
            left -= file.write(bytes(min(left, _BLOCK_BYTES)))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
    sync_folder(path.parent)


def _write_beside(path: Path, content: str | bytes, give_name: Callable[[Path], object]) -> None:
    beside = path.with_name(f".{path.name}.part")
    with _opened(path.parent) as folder:
        # A file system without locks for folders (NFS) leaves writers of one file to their callers.
        with suppress(OSError):
            fcntl.flock(folder, fcntl.LOCK_EX)
        beside.unlink(missing_ok=True)
        try:
            with new_file(beside) as file:
                file.write(content.encode() if isinstance(content, str) else content)
            give_name(beside)
        finally:
            beside.unlink(missing_ok=True)
        os.fsync(folder)


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
