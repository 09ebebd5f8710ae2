"""An extract that was encrypted to the importer's key (age-encryption.org/v1), opened in a stream.

Laws: the clear bytes go through a pipe and never to a disk. Tampering is noticed piece by piece
while reading; what was read by then is thrown away with the whole import.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self, cast

import pyrage

from snapshot.extract import Openable

MAGIC = b"age-encryption.org/v1"


class AgeError(OSError):
    """The file can't be decrypted with this key."""


@dataclass(frozen=True)
class AgeSource:
    """An encrypted source, and the file with the identity (`AGE-SECRET-KEY-…`) that opens it."""

    sealed: Openable
    identity: Path

    @property
    def name(self) -> str:
        """The file's name without its ending `.age`."""
        return self.sealed.name.removesuffix(".age")

    @property
    def size(self) -> int | None:
        """The clear bytes are about as many as the sealed ones; how many is known at the end."""
        return None

    def open(self) -> BinaryIO:
        """Return a reader of the clear bytes; AgeError where the key isn't one or isn't the right one."""
        lines = self.identity.read_text(encoding="ascii").splitlines()
        try:
            keys = [pyrage.x25519.Identity.from_str(line) for line in lines if line.startswith("AGE-")]
        except pyrage.IdentityError:
            raise AgeError(f"{self.identity.name} holds no age identity") from None
        return cast("BinaryIO", _Pipe(self.sealed.open(), keys))


def is_age(source: Openable) -> bool:
    """Tell whether a source begins as an age file does."""
    with source.open() as file:
        return file.read(len(MAGIC)) == MAGIC


class _Pipe:
    """Decrypts in a thread of its own into a pipe, and reads from that."""

    def __init__(self, sealed: BinaryIO, keys: list[Any]) -> None:
        reading, writing = os.pipe()
        self._sealed = sealed
        self._reader = os.fdopen(reading, "rb")
        self._failed = False
        self._thread = threading.Thread(target=self._decrypt, args=(os.fdopen(writing, "wb"), keys))
        self._thread.start()

    def _decrypt(self, writer: BinaryIO, keys: list[Any]) -> None:
        try:
            with writer:
                pyrage.decrypt_io(self._sealed, writer, keys)
        except Exception:  # noqa: BLE001 - whatever it is, the reader must hear of it at the end
            self._failed = True

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes; AgeError at the end of what could be decrypted."""
        data = self._reader.read(size)
        if not data and size:
            self._thread.join()
            if self._failed:
                raise AgeError("the file can't be decrypted: it is damaged, or sealed to another key")
        return data

    def seekable(self) -> bool:
        """Say no: it is a stream."""
        return False

    def close(self) -> None:
        """Let the thread end, and close both ends."""
        self._reader.close()
        self._thread.join()
        self._sealed.close()

    def __enter__(self) -> Self:
        """Return the reader."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()
