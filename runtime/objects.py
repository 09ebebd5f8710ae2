"""Where encrypted objects lie: a folder, written so that a crash leaves all or nothing.

Duties of every store of objects: `put` is durable when it returns, never overwrites, and
is atomic (a reader sees the whole object or none); `delete` may be repeated. What is put
here is ciphertext; this room doesn't know of what.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from runtime.files import new_file, sync_folder

_NO_FILE = (FileNotFoundError, IsADirectoryError, NotADirectoryError)
_SEGMENT = re.compile(r"[a-z0-9][a-z0-9._-]{0,127}")


class ObjectError(Exception):
    """An object could not be kept or found; the message names the object, never its content."""


class ObjectMissingError(ObjectError):
    """There is no object of that name."""


class ObjectExistsError(ObjectError):
    """An object of that name stands already; objects are never overwritten."""


class ObjectWriter(Protocol):
    """Takes an object's bytes one after the other."""

    def write(self, data: bytes, /) -> int:
        """Add bytes."""
        ...


class Objects(Protocol):
    """Holds ciphertext by name (segments of `[a-z0-9._-]` joined by `/`)."""

    def creating(self, name: str) -> AbstractContextManager[ObjectWriter]:
        """Take an object piece by piece: kept durably on a clean exit, else nothing of it stays."""
        ...

    def put(self, name: str, data: bytes) -> None:
        """Keep the object durably; ObjectExistsError when the name is taken."""
        ...

    def read(self, name: str, *, offset: int = 0, length: int | None = None) -> bytes:
        """Return a range of the object (all by default); ObjectMissingError."""
        ...

    def size(self, name: str) -> int:
        """Return the object's size in bytes; ObjectMissingError."""
        ...

    def delete(self, name: str) -> None:
        """Remove the object if it is there."""
        ...

    def names(self, prefix: str = "") -> list[str]:
        """Return all names that start with a prefix, sorted."""
        ...


class DirectoryObjects:
    """Objects in a directory: temporary file, fsync, link to the name, fsync of the folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(mode=0o700, parents=True, exist_ok=True)

    def put(self, name: str, data: bytes) -> None:
        """Keep the object durably; ObjectExistsError when the name is taken."""
        with self.creating(name) as file:
            file.write(data)

    @contextmanager
    def creating(self, name: str) -> Iterator[ObjectWriter]:
        """Take an object piece by piece: kept durably on a clean exit, else nothing of it stays."""
        path = self._path(name)
        self._make_folder(path.parent, name)
        temporary = path.parent / f".{path.name}.{secrets.token_hex(8)}.part"
        try:
            with new_file(temporary) as file:
                yield file
            # A link fails when the name is taken; a rename would overwrite.
            path.hardlink_to(temporary)
        except FileExistsError:
            raise ObjectExistsError(f"object {name} exists already") from None
        finally:
            temporary.unlink(missing_ok=True)
        sync_folder(path.parent)

    def read(self, name: str, *, offset: int = 0, length: int | None = None) -> bytes:
        """Return a range of the object (all by default); ObjectMissingError."""
        try:
            with self._path(name).open("rb") as file:
                file.seek(offset)
                return file.read(-1 if length is None else length)
        except _NO_FILE:
            raise ObjectMissingError(f"object {name} is missing") from None

    def size(self, name: str) -> int:
        """Return the object's size in bytes; ObjectMissingError."""
        try:
            with self._path(name).open("rb") as file:
                return os.fstat(file.fileno()).st_size
        except _NO_FILE:
            raise ObjectMissingError(f"object {name} is missing") from None

    def delete(self, name: str) -> None:
        """Remove the object if it is there."""
        path = self._path(name)
        if path.is_file():
            path.unlink(missing_ok=True)
            sync_folder(path.parent)

    def names(self, prefix: str = "") -> list[str]:
        """Return all names that start with a prefix, sorted; half-written files aren't objects."""
        found = (
            path.relative_to(self.root).as_posix()
            for path in self.root.rglob("*")
            if path.is_file() and not path.name.startswith(".")
        )
        return sorted(name for name in found if name.startswith(prefix))

    def _make_folder(self, folder: Path, name: str) -> None:
        """Make an object's folder durably: a new folder is lost unless its own folder is synced."""
        if folder.is_dir():
            return
        self._make_folder(folder.parent, name)
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
        except FileExistsError:
            raise ObjectExistsError(f"a part of the name {name} is an object already") from None
        sync_folder(folder.parent)

    def _path(self, name: str) -> Path:
        segments = name.split("/")
        if not all(_SEGMENT.fullmatch(segment) for segment in segments):
            raise ObjectError("an object's name is segments of a-z, 0-9, '.', '_' and '-'")
        return self.root.joinpath(*segments)
