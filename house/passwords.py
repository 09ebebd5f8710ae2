"""Passwords: argon2id, and an answer that takes as long for strangers as for people.

Laws
1. An unknown name costs the same work as a known one: a hash of nobody's password is
   verified instead.
2. A password is compared whole: nothing is cut off, letters are normalised (NFKC) so that
   two keyboards that write the same text agree (NIST SP 800-63B).
3. Only a few verifications run at once, since each takes memory on purpose.
"""

from __future__ import annotations

import secrets
import threading
import unicodedata
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_AT_ONCE = 4


@dataclass(frozen=True, kw_only=True)
class Strength:
    """What one guess costs: passes over the memory, memory in KiB, lanes."""

    passes: int
    memory_kib: int
    lanes: int


STRENGTH = Strength(passes=2, memory_kib=19 * 1024, lanes=1)
"""OWASP's password storage cheat sheet, its first choice for argon2id."""


class Passwords:
    """Makes and verifies hashes. Thread-safe."""

    def __init__(self, strength: Strength = STRENGTH) -> None:
        self._hasher = PasswordHasher(
            time_cost=strength.passes, memory_cost=strength.memory_kib, parallelism=strength.lanes
        )
        self._nobodys = self._hasher.hash(secrets.token_hex(16))
        self._places = threading.BoundedSemaphore(_AT_ONCE)

    def hash(self, password: str) -> str:
        """Return the argon2id hash to keep of a password."""
        return self._hasher.hash(_normal(password))

    def is_right(self, password_hash: str | None, password: str) -> bool:
        """Tell whether a password fits a kept hash; None stands for a person who has none."""
        with self._places:
            try:
                self._hasher.verify(password_hash or self._nobodys, _normal(password))
            except (VerificationError, InvalidHashError):
                return False
        return password_hash is not None


def _normal(password: str) -> bytes:
    # A lone surrogate is no character; it still has to compare as what was typed.
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
