"""The signing key: it lies in the store wrapped like every secret, and is opened to sign.

It signs heads and destruction records. Which one is in force is the store's matter, so that a
change of it that is undone is undone here too.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.checkpoint import SigningKey
from vault.store import Store


class Signing:
    """The key that this vault signs with, under the log's origin."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._opened: tuple[bytes, SigningKey] | None = None

    @property
    def key(self) -> SigningKey:
        """The signing key in force. WrapError or ProviderError where it can't be opened."""
        wrapped = self._store.fact("signing_key")
        if self._opened is None or self._opened[0] != wrapped:
            private = Ed25519PrivateKey.from_private_bytes(self._store.secret_fact("signing_key"))
            self._opened = (wrapped, SigningKey(self._store.fact("origin").decode(), private))
        return self._opened[1]
