"""Whom a page showed, as it is kept beside the entry: packed pseudonyms, sorted, each once.

Law: pure, and the same consumers have the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable

from snapshot.pairs import PSEUDONYM_BYTES, pack_pseudonym, write_pseudonym


def pack_shown(pseudonyms: Iterable[str]) -> bytes:
    """Return pseudonyms (`<year>:<32 hex>`) as bytes, 18 for each."""
    return b"".join(sorted({pack_pseudonym(each) for each in pseudonyms}))


def read_shown(packed: bytes) -> frozenset[str]:
    """Return what `pack_shown` packed; ValueError for bytes that it can't have made."""
    if len(packed) % PSEUDONYM_BYTES:
        raise ValueError("a pseudonym is cut off")
    starts = range(0, len(packed), PSEUDONYM_BYTES)
    return frozenset(write_pseudonym(packed[start : start + PSEUDONYM_BYTES]) for start in starts)
