"""Encryption of one object under one key, bound to what the object is.

Format `SBE1`: 4 bytes magic, 12 bytes random nonce, AES-256-GCM ciphertext with its
16-byte tag. The associated data are the magic and the canonical JSON (RFC 8785) of the
binding: the object's `use` and what else names it (agent, attempt, position, ...). An
object that was swapped with another, cut, or opened for another use is an EnvelopeError.
"""

from __future__ import annotations

import json
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC = b"SBE1"
KEY_BYTES = 32
_NONCE_BYTES = 12


class EnvelopeError(Exception):
    """The sealed bytes don't open with this key and binding; nothing of them is shown."""


def seal_envelope(key: bytes, clear: bytes, *, use: str, **binding: str | int) -> bytes:
    """Return `clear` encrypted under a 32-byte key and bound to its use and names."""
    nonce = os.urandom(_NONCE_BYTES)
    return MAGIC + nonce + AESGCM(_checked(key)).encrypt(nonce, clear, _associated(use, binding))


def open_envelope(key: bytes, sealed: bytes, *, use: str, **binding: str | int) -> bytes:
    """Return the clear bytes, or raise EnvelopeError when anything doesn't match."""
    if not sealed.startswith(MAGIC):
        raise EnvelopeError(f"no sealed object of the kind '{use}'")
    start = len(MAGIC) + _NONCE_BYTES
    try:
        return AESGCM(_checked(key)).decrypt(
            sealed[len(MAGIC) : start], sealed[start:], _associated(use, binding)
        )
    except (InvalidTag, ValueError):
        raise EnvelopeError(
            f"a sealed object of the kind '{use}' does not open as what it should be"
        ) from None


def _checked(key: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise ValueError("an envelope's key has 32 bytes")
    return key


def _associated(use: str, binding: dict[str, str | int]) -> bytes:
    # Of words and whole numbers under ASCII names, RFC 8785 makes just this.
    bound = {"use": use, **binding}
    return MAGIC + json.dumps(bound, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
