"""Pseudonyms of consumers and cases: keyed, so that nobody without the key can guess one.

HMAC-SHA256(year key, kind ‖ 0x00 ‖ id) cut to 128 bits, written `<year>:<32 hex>`. The year
says which key made it; look-ups over a longer time try the keys of all years.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from enum import StrEnum

PSEUDONYM_BYTES = 16


class PseudonymKind(StrEnum):
    """What a pseudonym stands for; the same id under two kinds gives two pseudonyms."""

    CONSUMER = "consumer"
    CASE = "case"


def derive_pseudonyms(year_key: bytes, kind: PseudonymKind, ids: Sequence[str]) -> bytes:
    """Return the 16 bytes of each id's pseudonym, one after the other, in the ids' order."""
    prefix = kind.value.encode() + b"\x00"
    return b"".join(hmac.digest(year_key, prefix + one.encode(), "sha256")[:PSEUDONYM_BYTES] for one in ids)


def write_pseudonyms(year: int, packed: bytes) -> list[str]:
    """Write packed pseudonyms as `<year>:<32 hex>`, in their order."""
    text = packed.hex()
    width = 2 * PSEUDONYM_BYTES
    return [f"{year}:{text[start : start + width]}" for start in range(0, len(text), width)]
