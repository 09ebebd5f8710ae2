"""The signing key: it lies in the store wrapped like every secret, and is opened to sign.

It stays there with a token too: so recovery shares bring it back, and a lost token doesn't break
the key's history.

It signs heads and destruction records. Which one is in force is the store's matter, so that a
change of it that is undone is undone here too.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.checkpoint import Head, SigningKey
from audit.key_history import read_history, sign_handover, write_history
from audit.note import NoteError
from vault.store import Store


class Signing:
    """The key that this vault signs with, under the log's origin."""

    def __init__(self, store: Store) -> None:
        self._store = store
        # The history that was found to say nothing against this key: callers show it each time.
        self._heard: str | None = None
        self._opened: tuple[tuple[bytes, bytes], SigningKey] | None = None

    @property
    def key(self) -> SigningKey:
        """The signing key in force. WrapError or ProviderError where it can't be opened."""
        stored = (self._store.fact("signing_key"), self._store.fact("origin"))
        if self._opened is None or self._opened[0] != stored:
            private = Ed25519PrivateKey.from_private_bytes(self._store.secret_fact("signing_key"))
            self._opened = (stored, SigningKey(stored[1].decode(), private))
        return self._opened[1]

    @property
    def history(self) -> str:
        """The text of this vault's keys from its first on (`audit/key_history.py`)."""
        kept = self._store.optional_fact("history")
        return kept.decode() if kept else write_history(self.key.verifier, ())

    def is_succeeded(self, history: str) -> bool:
        """Tell whether a history shows that the key in force here handed over: this is a restored copy.

        Nobody else can have signed that. What is no history of this key says nothing.
        """
        if history != self._heard:
            try:
                keys = read_history(history).keys
            except NoteError:
                return False
            if self.key.verifier in keys[:-1]:
                return True
            self._heard = history
        return False

    def hand_over(self, head: Head, at: str) -> str:
        """Make a fresh key, have the one in force hand over to it at `head`, and shred that one.

        Returns the history with that. Runs inside a change of its caller.
        """
        past = read_history(self.history)
        last = past.handovers[-1].at if past.handovers else at
        fresh = SigningKey(self.key.name, Ed25519PrivateKey.generate())
        note = sign_handover(head, max(at, last), self.key, fresh)
        text = f"{self.history}\n{note}"
        read_history(text)
        self._store.put_fact("history", text.encode())
        self._store.put_secret_fact("signing_key", fresh.private.private_bytes_raw())
        return text
