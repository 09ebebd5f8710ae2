"""The tree against RFC 6962 word for word and against published vectors."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import tree
from tests.audit import reference

# The eight leaves of Certificate Transparency's reference tests, and the roots over the first n.
CT_LEAVES = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    bytes(range(0x50, 0x58)),
    bytes(range(0x60, 0x70)),
]
CT_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
# (leaf, size) -> audit path and (old, size) -> consistency proof, as published there.
CT_PATHS = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}
CT_CONSISTENCY = {
    (1, 1): [],
    (1, 8): CT_PATHS[0, 8],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
MOST = 70


class Stored:
    """The nodes of a tree, and how many of them were read."""

    def __init__(self, data: list[bytes], *batches: int) -> None:
        self.nodes: dict[tuple[int, int], bytes] = {}
        self.reads = 0
        self.peaks: list[bytes] = []
        size = 0
        for width in batches or (len(data),):
            leaves = [tree.leaf_hash(each) for each in data[size : size + width]]
            made, self.peaks = tree.grow(size, self.peaks, leaves)
            self.nodes |= {(node.level, node.position): node.hash for node in made}
            size += width

    def __call__(self, level: int, position: int, /) -> bytes:
        """Give one node, counting."""
        self.reads += 1
        return self.nodes[level, position]


@cache
def data_of(size: int) -> list[bytes]:
    """Return `size` different leaves."""
    return [str(number).encode() for number in range(size)]


STORED = Stored(data_of(MOST))


@pytest.mark.parametrize("size", range(9))
def test_published_roots(size: int) -> None:
    """The roots over the first leaves of Certificate Transparency's tests are the published ones."""
    assert CT_ROOTS[size] == tree.root(size, Stored(CT_LEAVES)).hex()


@pytest.mark.parametrize("place", CT_PATHS)
def test_published_audit_paths(place: tuple[int, int]) -> None:
    """Audit paths are the published ones."""
    assert CT_PATHS[place] == [step.hex() for step in tree.inclusion(*place, Stored(CT_LEAVES))]


@pytest.mark.parametrize("sizes", CT_CONSISTENCY)
def test_published_consistency_proofs(sizes: tuple[int, int]) -> None:
    """Consistency proofs are the published ones."""
    assert CT_CONSISTENCY[sizes] == [step.hex() for step in tree.consistency(*sizes, Stored(CT_LEAVES))]


@pytest.mark.parametrize("size", range(MOST + 1))
def test_every_size_agrees_with_the_rfc(size: int) -> None:
    """Root, every audit path and every consistency proof are those of the RFC's own recursion."""
    data = data_of(MOST)[:size]

    assert reference.root(data) == tree.root(size, STORED)
    for index in range(0, size, 3):
        assert reference.path(index, data) == tree.inclusion(index, size, STORED)
    for old in range(1, size + 1, 3):
        assert reference.proof(old, data) == tree.consistency(old, size, STORED)


@given(st.lists(st.integers(0, 40), max_size=6))
def test_batches_make_no_difference(batches: list[int]) -> None:
    """However leaves are batched, nodes and root are the same."""
    data = data_of(sum(batches))
    batched = Stored(data, *batches, 0)

    assert Stored(data).nodes == batched.nodes
    assert reference.root(data) == tree.fold(batched.peaks)
    assert batched.peaks == [batched(*place) for place in tree.frontier(len(data))]


def test_proofs_read_few_nodes() -> None:
    """In a tree of 100,000 leaves no proof reads more than the square of its height."""
    size, height = 100_000, 17
    stored = Stored(data_of(size))
    for index in (0, 1, 65_535, 65_536, 99_998, 99_999):
        stored.reads = 0
        tree.inclusion(index, size, stored)
        assert stored.reads <= height**2 / 2
        stored.reads = 0
        tree.consistency(index + 1, size, stored)
        assert stored.reads <= height**2 / 2


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 3), (3, 3)])
def test_no_path_for_a_leaf_outside(index: int, size: int) -> None:
    """There is no audit path for a leaf that the tree doesn't have."""
    with pytest.raises(ValueError, match="no leaf"):
        tree.inclusion(index, size, STORED)


@pytest.mark.parametrize(("old", "size"), [(2, 1), (-1, 3)])
def test_no_proof_to_a_smaller_tree(old: int, size: int) -> None:
    """A tree isn't a prefix of a smaller one."""
    with pytest.raises(ValueError, match="no prefix"):
        tree.consistency(old, size, STORED)


def test_nothing_to_prove() -> None:
    """From the empty tree, and to the same size, the proof is empty."""
    assert [] == tree.consistency(0, 5, STORED)
    assert [] == tree.consistency(5, 5, STORED)
