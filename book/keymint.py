"""KeyMint: passphrases and their derived keys, made ahead of need.

Laws:
1. The slow derivation needs no book, since passphrase and salt are ours: it runs while nobody
   waits (`prepare`), and a book takes what is ready (`mint`).
2. Each key serves one book. What is handed out is forgotten here.
3. Derived keys live in memory only, and never more than `limit` of them: a memory image of an
   idle worker holds no passphrase of a book that was already sealed.
"""

from __future__ import annotations

import secrets
from collections import deque

from book.agile import SALT_BYTES, MintedKey, spin
from book.passphrase import generate_passphrase

DEFAULT_LIMIT = 32


def _derive() -> MintedKey:
    passphrase = generate_passphrase()
    key_salt = secrets.token_bytes(SALT_BYTES)
    return MintedKey(passphrase=passphrase, key_salt=key_salt, spun=spin(passphrase, key_salt))


class KeyMint:
    """A bounded store of derived keys; safe to share, since taking one is a single `popleft`."""

    def __init__(self, *, limit: int = DEFAULT_LIMIT) -> None:
        self._limit = limit
        self._ready: deque[MintedKey] = deque()

    @property
    def ready(self) -> int:
        """How many keys wait."""
        return len(self._ready)

    def prepare(self, count: int) -> int:
        """Derive until `count` keys wait, at most the limit; returns how many were made."""
        missing = max(0, min(count, self._limit) - len(self._ready))
        self._ready.extend(_derive() for _ in range(missing))
        return missing

    def mint(self) -> MintedKey:
        """Hand out a key for one book: one that waits, or else one derived on the spot."""
        try:
            return self._ready.popleft()
        except IndexError:
            return _derive()
