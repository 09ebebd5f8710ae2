"""The tree against an independent implementation, pymerkle.

pymerkle is licensed under the GPL. It is a peer of these tests alone: nothing outside `tests/`
imports it, and nothing of it is part of Sealed Book.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymerkle import InmemoryTree, verify_consistency, verify_inclusion

from audit import proofs, tree

LEAVES = [b"entry %d" % number for number in range(130)]
HASHES = [tree.leaf_hash(leaf) for leaf in LEAVES]
NODES = {node[:2]: node.hash for node in tree.grow(0, [], HASHES)[0]}


@pytest.fixture(scope="module")
def peer() -> InmemoryTree:
    """Return the peer's tree over the same leaves; it counts them from one."""
    made = InmemoryTree(algorithm="sha256")
    for leaf in LEAVES:
        made.append_entry(leaf)
    return made


def ours(level: int, position: int, /) -> bytes:
    """Return a stored node."""
    return NODES[level, position]


@given(st.integers(1, len(LEAVES)))
def test_roots(peer: InmemoryTree, size: int) -> None:
    """The root over any number of leaves is the peer's, from nodes and from leaves alike."""
    builder = proofs.RootBuilder()
    for leaf in HASHES[:size]:
        builder.add(leaf)

    assert peer.get_root(size) == tree.root(size, ours) == builder.root()


@settings(max_examples=60)
@given(st.data())
def test_inclusion(peer: InmemoryTree, data: st.DataObject) -> None:
    """The peer's inclusion proof is ours hash by hash, and each side's holds on the other."""
    size = data.draw(st.integers(1, len(LEAVES)))
    index = data.draw(st.integers(0, size - 1))
    theirs = peer.prove_inclusion(index + 1, size)
    path = tree.inclusion(index, size, ours)

    assert [HASHES[index], *path] == [bytes(each) for each in theirs.path]
    verify_inclusion(HASHES[index], tree.root(size, ours), theirs)
    proofs.verify_inclusion(HASHES[index], index, size, path, peer.get_root(size))


@settings(max_examples=60)
@given(st.data())
def test_consistency(peer: InmemoryTree, data: st.DataObject) -> None:
    """The peer's consistency proof holds over our roots, and ours over the peer's."""
    size = data.draw(st.integers(1, len(LEAVES)))
    old = data.draw(st.integers(1, size))
    verify_consistency(tree.root(old, ours), tree.root(size, ours), peer.prove_consistency(old, size))
    proofs.verify_consistency(
        old, peer.get_root(old), size, peer.get_root(size), tree.consistency(old, size, ours)
    )
