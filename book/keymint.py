"""KeyMint: passphrases and their derived keys, made ahead of need.

Laws:
1. The slow derivation needs no book, since passphrase and salt are ours: it runs while nobody waits, in a
   thread of its own (`start`) or when asked to (`prepare`), as many together as the processor has lanes.
2. Each key serves one book. What is handed out is forgotten and overwritten here.
3. Derived keys live in memory only, never more than `limit` of them, and are overwritten when the mint
   closes: a memory image of an idle worker holds no passphrase of a book that was already sealed.
   (Copies that the interpreter made of a passphrase on the way are freed, which is all that Python can.)
4. A thread does not outlive a fork: start the mint in the process that builds.
"""

from __future__ import annotations

import secrets
import threading
from collections import deque
from dataclasses import dataclass, field

from book.agile import SALT_BYTES, MintedKey
from book.native.kernel import DIGEST_BYTES
from book.passphrase import generate_passphrase
from book.spinning import spin_together, spin_width

DEFAULT_LIMIT = 32


@dataclass(frozen=True, kw_only=True)
class _Waiting:
    """A key that waits, in bytes that can be overwritten."""

    passphrase: bytearray = field(repr=False)
    key_salt: bytearray = field(repr=False)
    spun: bytearray = field(repr=False)

    def hand_out(self) -> MintedKey:
        key = MintedKey(
            passphrase=self.passphrase.decode("ascii"), key_salt=bytes(self.key_salt), spun=bytes(self.spun)
        )
        self.wipe()
        return key

    def wipe(self) -> None:
        for secret in (self.passphrase, self.key_salt, self.spun):
            secret[:] = bytes(len(secret))


def _derive(count: int) -> list[_Waiting]:
    passphrases = [generate_passphrase() for _ in range(count)]
    salts = [secrets.token_bytes(SALT_BYTES) for _ in range(count)]
    spun = spin_together(passphrases, salts)
    made = [
        _Waiting(
            passphrase=bytearray(passphrase.encode("ascii")),
            key_salt=bytearray(salt),
            spun=spun[place * DIGEST_BYTES : (place + 1) * DIGEST_BYTES],
        )
        for place, (passphrase, salt) in enumerate(zip(passphrases, salts, strict=True))
    ]
    spun[:] = bytes(len(spun))
    return made


class KeyMint:
    """A bounded store of derived keys; safe to share between threads."""

    def __init__(self, *, limit: int = DEFAULT_LIMIT) -> None:
        self._limit = limit
        self._together = max(1, min(spin_width(), limit))
        self._ready: deque[_Waiting] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    @property
    def ready(self) -> int:
        """How many keys wait."""
        return len(self._ready)

    def prepare(self, count: int) -> int:
        """Derive until `count` keys wait, at most the limit; returns how many were made."""
        with self._changed:
            missing = max(0, min(count, self._limit) - len(self._ready))
            self._ready.extend(_derive(missing))
        return missing

    def start(self) -> None:
        """Derive ahead from now on, in the background, whenever a whole batch has room."""
        with self._changed:
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._derive_ahead, name="keymint", daemon=True)
                self._thread.start()

    def mint(self) -> MintedKey:
        """Hand out a key for one book: one that waits or comes soon, or one derived on the spot."""
        with self._changed:
            while not self._ready and self._thread is not None:
                self._changed.wait()
            if self._ready:
                key = self._ready.popleft().hand_out()
                self._changed.notify_all()
                return key
        return _derive(1)[0].hand_out()

    def close(self) -> None:
        """Stop deriving and overwrite what waits; a mint that is closed derives on the spot."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join()
        with self._changed:
            while self._ready:
                self._ready.popleft().wipe()

    def _derive_ahead(self) -> None:
        try:
            while self._wait_for_room():
                # Others may take keys meanwhile: the kernel gives the interpreter's lock back.
                made = _derive(self._together)
                with self._changed:
                    self._ready.extend(made)
                    self._changed.notify_all()
        finally:
            with self._changed:
                self._thread = None
                self._changed.notify_all()

    def _wait_for_room(self) -> bool:
        """Wait until a batch has room; False when the mint closes."""
        with self._changed:
            while not self._closed and len(self._ready) + self._together > self._limit:
                self._changed.wait()
            return not self._closed
