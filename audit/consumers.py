"""Prove that a consumer was among those whose data an entry shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from audit.tree import grow, inclusion, leaf_hash, root_of


@dataclass(frozen=True, kw_only=True)
class ConsumerProof:
    """A leaf's place among `size` leaves, and its audit path (RFC 6962) to the entry's `consumers.root`."""

    leaf: bytes
    index: int
    size: int
    inclusion: list[bytes]
    root: bytes


def prove_consumer(salt: str, pseudonyms: Iterable[str], pseudonym: str) -> ConsumerProof:
    """Prove one pseudonym among all that an entry with this salt shows; ValueError where it isn't one."""
    prefix = bytes.fromhex(salt)
    mine = leaf_hash(prefix + pseudonym.encode("ascii"))
    leaves = sorted({leaf_hash(prefix + name.encode("ascii")) for name in pseudonyms})
    if mine not in leaves:
        raise ValueError("the pseudonym is none of these")
    nodes = {(node.level, node.position): node.hash for node in grow(0, [], leaves)[0]}
    index = leaves.index(mine)
    return ConsumerProof(
        leaf=mine,
        index=index,
        size=len(leaves),
        inclusion=inclusion(index, len(leaves), lambda level, position: nodes[level, position]),
        root=root_of(leaves),
    )
