"""RFC 6962, section 2.1, word for word: slow, recursive, and sharing nothing with the room."""

from __future__ import annotations

from hashlib import sha256


def root(data: list[bytes]) -> bytes:
    """MTH(D[n])."""
    if not data:
        return sha256(b"").digest()
    if len(data) == 1:
        return sha256(b"\x00" + data[0]).digest()
    k = split(len(data))
    return sha256(b"\x01" + root(data[:k]) + root(data[k:])).digest()


def path(m: int, data: list[bytes]) -> list[bytes]:
    """PATH(m, D[n])."""
    if len(data) == 1:
        return []
    k = split(len(data))
    if m < k:
        return [*path(m, data[:k]), root(data[k:])]
    return [*path(m - k, data[k:]), root(data[:k])]


def proof(m: int, data: list[bytes]) -> list[bytes]:
    """PROOF(m, D[n])."""
    return subproof(m, data, whole=True)


def subproof(m: int, data: list[bytes], *, whole: bool) -> list[bytes]:
    """SUBPROOF(m, D[n], b)."""
    if m == len(data):
        return [] if whole else [root(data)]
    k = split(len(data))
    if m <= k:
        return [*subproof(m, data[:k], whole=whole), root(data[k:])]
    return [*subproof(m - k, data[k:], whole=False), root(data[:k])]


def split(n: int) -> int:
    """Return the largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k
