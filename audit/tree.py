"""The Merkle tree of RFC 6962, section 2.1, kept as its perfect subtrees.

Pure: whoever stores nodes hands in a `NodeReader`. Laws of this file:
1. Node (level, position) is the root over leaves [position * 2^level, (position + 1) * 2^level);
   level 0 are the leaf hashes. A node is made once, when its last leaf arrives, and never changes.
2. Every root and every proof is folded from perfect nodes alone, so that a proof reads
   O(log^2 n) of them at most, and which ones it reads depends on sizes only, never on hashes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from hashlib import sha256
from typing import NamedTuple, Protocol

EMPTY_ROOT = sha256(b"").digest()


class NodeReader(Protocol):
    """Gives the stored hash (32 bytes) of one perfect node that is complete."""

    def __call__(self, level: int, position: int, /) -> bytes:
        """Return the hash of node (level, position)."""
        ...


class Node(NamedTuple):
    """One perfect node with its hash (32 bytes)."""

    level: int
    position: int
    hash: bytes


def leaf_hash(data: bytes) -> bytes:
    """Hash of a leaf: SHA-256(0x00 ‖ data)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node: SHA-256(0x01 ‖ left ‖ right)."""
    return sha256(b"\x01" + left + right).digest()


def frontier(size: int) -> list[tuple[int, int]]:
    """(level, position) of the perfect subtrees that make up a tree of `size`, from left to right."""
    return _perfect(0, size)


def grow(size: int, peaks: Sequence[bytes], leaves: Iterable[bytes]) -> tuple[list[Node], list[bytes]]:
    """Append leaf hashes to a tree of `size` whose frontier has the hashes `peaks`.

    Returns the nodes that became complete (level 0 included) and the hashes of the new frontier.
    """
    stack = list(peaks)
    made: list[Node] = []
    for leaf in leaves:
        node = Node(0, size, leaf)
        made.append(node)
        # Each trailing one bit of the old size is a peak of the same height: merge it in.
        while node.position & 1:
            node = Node(node.level + 1, node.position >> 1, node_hash(stack.pop(), node.hash))
            made.append(node)
        stack.append(node.hash)
        size += 1
    return made, stack


def fold(peaks: Sequence[bytes]) -> bytes:
    """Root of the tree whose frontier has the hashes `peaks`; `EMPTY_ROOT` of none."""
    if not peaks:
        return EMPTY_ROOT
    return reduce(lambda right, left: node_hash(left, right), reversed(peaks[:-1]), peaks[-1])


def root(size: int, node: NodeReader) -> bytes:
    """Root of the first `size` leaves."""
    return _range_hash(0, size, node)


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Root over leaf hashes that are all at hand."""
    return fold(grow(0, [], leaves)[1])


def inclusion(index: int, size: int, node: NodeReader) -> list[bytes]:
    """Audit path of leaf `index` in the tree of `size` (RFC 6962, section 2.1.1), leaf side first."""
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    path: list[bytes] = []
    start, stop = 0, size
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            path.append(_range_hash(middle, stop, node))
            stop = middle
        else:
            path.append(_range_hash(start, middle, node))
            start = middle
    return path[::-1]


def consistency(old: int, size: int, node: NodeReader) -> list[bytes]:
    """Proof that the tree of `old` is a prefix of the tree of `size` (RFC 6962, section 2.1.2).

    Empty where there is nothing to prove: `old` is 0 or `size`.
    """
    if not 0 <= old <= size:
        raise ValueError(f"a tree of {old} is no prefix of a tree of {size}")
    if old in {0, size}:
        return []
    path: list[bytes] = []
    start, stop = 0, size
    while stop != old:
        middle = start + _split(stop - start)
        if old <= middle:
            path.append(_range_hash(middle, stop, node))
            stop = middle
        else:
            path.append(_range_hash(start, middle, node))
            start = middle
    if start:
        path.append(_range_hash(start, stop, node))
    return path[::-1]


def _split(width: int) -> int:
    """Return the largest power of two below `width` (which is 2 or more)."""
    return 1 << ((width - 1).bit_length() - 1)


def _perfect(start: int, stop: int) -> list[tuple[int, int]]:
    """List the perfect subtrees over [start, stop), where `start` is aligned to the width."""
    return list(_perfect_from(start, stop))


def _perfect_from(start: int, stop: int) -> Iterator[tuple[int, int]]:
    while start < stop:
        level = (stop - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


def _range_hash(start: int, stop: int, node: NodeReader) -> bytes:
    return fold([node(level, position) for level, position in _perfect(start, stop)])
