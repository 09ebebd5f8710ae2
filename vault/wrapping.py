"""Wrapping: every secret lies in the store encrypted under a key that the store doesn't hold.

Laws:
1. A wrapped secret is `SBW1`, 12 random bytes, then AES-256-GCM over the secret with its 16-byte
   tag; associated data are `SBW1` and the secret's name. Under another name, or altered, it
   doesn't open.
2. The key is a provider's. Which of the provider's keys is in force stands in the store, so that
   changing keys is part of one change of the store.
3. Whatever goes wrong in a provider is a ProviderError, whose message holds no key and no PIN.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Protocol

WRAPPING_KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
_MAGIC = b"SBW1"
_ID_BYTES = 8


class ProviderError(Exception):
    """The provider of the wrapping key can't do what was asked; the message says what to do."""


class WrapError(Exception):
    """The wrapped bytes don't open under this name and key."""


class WrappingKey(Protocol):
    """One key of a provider: AES-256-GCM, with the tag behind the ciphertext."""

    def encrypt(self, nonce: bytes, clear: bytes, associated: bytes) -> bytes:
        """Return ciphertext and tag, or raise ProviderError."""
        ...

    def decrypt(self, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
        """Return the clear bytes, or raise WrapError (altered) or ProviderError (no key to try)."""
        ...


class KeyProvider(Protocol):
    """Holds wrapping keys by id (16 hex digits). What it did survives a power loss."""

    @property
    def name(self) -> str:
        """What the provider is called in settings."""
        ...

    def make(self, key_id: str) -> None:
        """Make a random key under a new id; where the provider can, it never leaves it."""
        ...

    def take(self, key_id: str, key: bytes) -> None:
        """Keep a key of 32 bytes under a new id."""
        ...

    def key(self, key_id: str) -> WrappingKey:
        """Return a key, or raise ProviderError where it isn't there."""
        ...

    def ids(self) -> list[str]:
        """Return the ids of all keys held, sorted."""
        ...

    def destroy(self, key_id: str) -> None:
        """Destroy a key; one that isn't there is left so."""
        ...


def new_key_id() -> str:
    """Return an id for a new key."""
    return secrets.token_hex(_ID_BYTES)


@dataclass(frozen=True)
class Wrapping:
    """Wraps and unwraps under one key."""

    key: WrappingKey

    def wrap(self, name: str, secret: bytes) -> bytes:
        """Return a secret wrapped and bound to its name."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return _MAGIC + nonce + self.key.encrypt(nonce, secret, _MAGIC + name.encode())

    def unwrap(self, name: str, wrapped: bytes) -> bytes:
        """Return the secret, or raise WrapError where the bytes aren't this name's."""
        start = len(_MAGIC) + NONCE_BYTES
        if not wrapped.startswith(_MAGIC) or len(wrapped) < start + TAG_BYTES:
            raise WrapError("these bytes aren't a wrapped secret")
        return self.key.decrypt(wrapped[len(_MAGIC) : start], wrapped[start:], _MAGIC + name.encode())
