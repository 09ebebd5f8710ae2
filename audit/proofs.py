"""The outsider's side of the tree: check proofs and rebuild roots from leaves.

Laws of this file:
1. It follows RFC 9162, sections 2.1.3.2 and 2.1.4.2, step by step, and shares with the
   writer nothing but the two hash functions.
2. A check returns nothing or raises `ProofError`; there is no third answer.
3. Every length is checked: a proof that is too long fails like one that is too short.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from hashlib import sha256
from hmac import compare_digest

from audit.tree import EMPTY_ROOT, node_hash

HASH_BYTES = 32
_AT_ONCE = 1024  # a power of two: the leaves of one perfect subtree


class ProofError(Exception):
    """The proof doesn't show what it claims; the message says which step failed."""


class RootBuilder:
    """Root over leaf hashes that come one by one, in memory that grows with log n.

    Leaves wait until a whole subtree of them is there, which is then folded level by level.
    """

    def __init__(self) -> None:
        self.size = 0
        self._waiting: list[bytes] = []
        self._peaks: list[tuple[int, bytes]] = []

    def add(self, leaf: bytes) -> None:
        """Append one leaf hash (32 bytes)."""
        self._waiting.append(leaf)
        self.size += 1
        if len(self._waiting) == _AT_ONCE:
            self._fold()

    def root(self) -> bytes:
        """Root of the leaves so far; SHA-256 of nothing for none."""
        row = self._waiting
        while len(row) > 1:
            # The odd end of a level goes up as it is: its subtree has no right half.
            row = [*_pairs(row), *row[len(row) & ~1 :]]
        tops = [*(top for _height, top in self._peaks), *row]
        if not tops:
            return EMPTY_ROOT
        return reduce(lambda right, left: node_hash(left, right), reversed(tops[:-1]), tops[-1])

    def _fold(self) -> None:
        row = self._waiting
        while len(row) > 1:
            row = _pairs(row)
        height, top = 0, row[0]
        while self._peaks and self._peaks[-1][0] == height:
            top = node_hash(self._peaks.pop()[1], top)
            height += 1
        self._peaks.append((height, top))
        self._waiting = []


def _pairs(row: Sequence[bytes]) -> list[bytes]:
    """Hash the nodes above pairs of neighbours; an odd last one is left out."""
    return [sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=False)]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf hash `leaf` is leaf `index` of the tree (size, root).

    RFC 9162, section 2.1.3.2. Raises ProofError.
    """
    if not 0 <= index < size:
        raise ProofError(f"leaf {index} can't be in a tree of size {size}")
    _check_hashes(leaf, root, *proof)
    folded = leaf
    for step, stands_left in _walk(index, size - 1, proof, "inclusion"):
        folded = node_hash(step, folded) if stands_left else node_hash(folded, step)
    if not compare_digest(folded, root):
        raise ProofError("the inclusion proof leads to another root")


def verify_consistency(size1: int, root1: bytes, size2: int, root2: bytes, proof: Sequence[bytes]) -> None:
    """Check that the tree (size1, root1) is a prefix of the tree (size2, root2).

    RFC 9162, section 2.1.4.2. An empty first tree is a prefix of every tree, with an empty
    proof and the empty tree's own root. Raises ProofError.
    """
    if not 0 <= size1 <= size2:
        raise ProofError(f"a tree of size {size2} can't extend one of size {size1}")
    _check_hashes(root1, root2, *proof)
    if size1 in {0, size2}:
        _check_trivial(size1, root1, size2, root2, proof)
        return
    if not proof:
        raise ProofError("the consistency proof is missing")
    # A whole first tree is its own first step, which the proof leaves out.
    steps = [root1, *proof] if size1 & (size1 - 1) == 0 else list(proof)
    place, last = size1 - 1, size2 - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    first = second = steps[0]
    for step, stands_left in _walk(place, last, steps[1:], "consistency"):
        if stands_left:
            first = node_hash(step, first)
        second = node_hash(step, second) if stands_left else node_hash(second, step)
    if not compare_digest(first, root1):
        raise ProofError("the consistency proof leads to another old root")
    if not compare_digest(second, root2):
        raise ProofError("the consistency proof leads to another new root")


def _walk(place: int, last: int, steps: Sequence[bytes], kind: str) -> Iterator[tuple[bytes, bool]]:
    """Climb from node `place` of a level whose last node is `last`; say for each step whether it is left."""
    for step in steps:
        if last == 0:
            raise ProofError(f"the {kind} proof is too long")
        stands_left = bool(place & 1) or place == last
        if stands_left:
            # The last node of a ragged level goes up alone until it has a left neighbour.
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        yield step, stands_left
        place, last = place >> 1, last >> 1
    if last:
        raise ProofError(f"the {kind} proof is too short")


def _check_trivial(size1: int, root1: bytes, size2: int, root2: bytes, proof: Sequence[bytes]) -> None:
    if proof:
        raise ProofError("the consistency proof is too long")
    if size1 == 0 and not compare_digest(root1, EMPTY_ROOT):
        raise ProofError("an empty tree has another root")
    if size1 == size2 and not compare_digest(root1, root2):
        raise ProofError("trees of the same size have different roots")


def _check_hashes(*hashes: bytes) -> None:
    if any(len(each) != HASH_BYTES for each in hashes):
        raise ProofError("a hash isn't 32 bytes long")
