"""Keys: random ones that are kept, and those of shards and lists that are derived.

Law: a snapshot's own key never leaves the vault. What leaves is HKDF-SHA256 (RFC 5869) of it
over use, attempt, agent and position, each length-prefixed, so that no two meanings share a
key.
"""

from __future__ import annotations

import secrets
from enum import StrEnum

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
_DOMAIN = b"sealed book snapshot v1"


class Use(StrEnum):
    """What a key that is derived from a snapshot's key opens."""

    SHARD = "shard"
    LIST = "list"
    INDEX = "index"


def new_key() -> bytes:
    """Return 256 random bits."""
    return secrets.token_bytes(KEY_BYTES)


def derive_key(snapshot_key: bytes, use: Use, *, attempt: str, agent: str = "", position: int = 0) -> bytes:
    """Return the 32-byte key of one part of a snapshot.

    `agent` is empty for the index; `position` counts the parts of one agent, from 0.
    """
    parts = (use.value.encode(), attempt.encode(), agent.encode(), str(position).encode())
    info = _DOMAIN + b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(snapshot_key)
