"""The vault's one head, V = (size, root), and the only way it moves: forward along a proof.

Pure. A proof that starts elsewhere or ends before V is stale: the caller read too early, or
the ledger was rolled back. A proof that starts from V's size and doesn't hold is a fork: the
ledger isn't the one that V came from.
"""

from __future__ import annotations

from dataclasses import dataclass

from audit.checkpoint import Head
from audit.proofs import ProofError, verify_consistency


class StaleProofError(Exception):
    """The proof starts from another size than V, or does not reach it."""


class ForkedProofError(Exception):
    """The proof names V as its base and fails."""


@dataclass(frozen=True, kw_only=True)
class ShownProof:
    """A caller's claim that the ledger's `head` extends its first `base` entries."""

    base: int
    head: Head
    consistency: tuple[bytes, ...]


def extend_head(seen: Head, shown: ShownProof) -> Head:
    """Return the head to move to, which extends the head seen last (it may be the same)."""
    if shown.base != seen.size or shown.head.size < seen.size:
        raise StaleProofError
    try:
        verify_consistency(seen.size, seen.root, shown.head.size, shown.head.root, shown.consistency)
    except ProofError:
        raise ForkedProofError from None
    return shown.head


def contradicts(seen: Head, signed: Head) -> bool:
    """Tell whether a head that this vault signed proves that V is a restored copy's.

    The vault signs only what it moved to, so that nothing signed can lie beyond V or differ
    from V at its own size.
    """
    return signed.size > seen.size or (signed.size == seen.size and signed.root != seen.root)
