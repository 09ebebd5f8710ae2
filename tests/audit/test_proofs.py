"""The outsider's checks: they accept every true proof and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.proofs import ProofError, RootBuilder, verify_consistency, verify_inclusion
from audit.tree import EMPTY_ROOT, leaf_hash
from tests.audit import reference

DATA = [str(number).encode() for number in range(40)]
LEAVES = [leaf_hash(each) for each in DATA]
ROOTS = [reference.root(DATA[:size]) for size in range(len(DATA) + 1)]


@pytest.mark.parametrize("size", range(1, len(DATA) + 1))
def test_true_proofs_are_accepted(size: int) -> None:
    """Every leaf of every tree, and every prefix of it, verifies."""
    for index in range(size):
        verify_inclusion(LEAVES[index], index, size, reference.path(index, DATA[:size]), ROOTS[size])
    for old in range(1, size + 1):
        verify_consistency(old, ROOTS[old], size, ROOTS[size], reference.proof(old, DATA[:size]))
    verify_consistency(0, EMPTY_ROOT, size, ROOTS[size], [])


@given(st.data())
def test_a_flipped_bit_of_an_inclusion_is_found(data: st.DataObject) -> None:
    """A bit flipped in leaf, path or root, or another index, isn't accepted."""
    size = data.draw(st.integers(1, len(DATA)))
    index = data.draw(st.integers(0, size - 1))
    parts = [LEAVES[index], ROOTS[size], *reference.path(index, DATA[:size])]
    leaf, root, *path = flip(data, parts)

    with pytest.raises(ProofError):
        verify_inclusion(leaf, index, size, path, root)


@given(st.data())
def test_a_flipped_bit_of_a_consistency_is_found(data: st.DataObject) -> None:
    """A bit flipped in either root or in the proof isn't accepted."""
    size = data.draw(st.integers(1, len(DATA)))
    old = data.draw(st.integers(1, size))
    parts = [ROOTS[old], ROOTS[size], *reference.proof(old, DATA[:size])]
    first, second, *proof = flip(data, parts)

    with pytest.raises(ProofError):
        verify_consistency(old, first, size, second, proof)


@given(st.data())
def test_another_place_is_refused(data: st.DataObject) -> None:
    """A true path at another index or, for another size, with its root, isn't accepted."""
    size = data.draw(st.integers(2, len(DATA)))
    index, other = data.draw(st.lists(st.integers(0, size - 1), min_size=2, max_size=2, unique=True))
    path = reference.path(index, DATA[:size])

    with pytest.raises(ProofError):
        verify_inclusion(LEAVES[index], other, size, path, ROOTS[size])


@given(st.data())
def test_longer_and_shorter_proofs_are_refused(data: st.DataObject) -> None:
    """A proof with a step more or a step less isn't accepted."""
    size = data.draw(st.integers(2, len(DATA)))
    old = data.draw(st.integers(1, size - 1))
    path, proof = reference.path(old, DATA[:size]), reference.proof(old, DATA[:size])
    for wrong in (path[:-1], path[1:], [*path, EMPTY_ROOT], []):
        with pytest.raises(ProofError):
            verify_inclusion(LEAVES[old], old, size, wrong, ROOTS[size])
    for wrong in (proof[:-1], proof[1:], [*proof, EMPTY_ROOT], []):
        with pytest.raises(ProofError):
            verify_consistency(old, ROOTS[old], size, ROOTS[size], wrong)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 1)])
def test_a_leaf_outside_the_tree(index: int, size: int) -> None:
    """A leaf that the tree can't have isn't looked for."""
    with pytest.raises(ProofError, match="can't be"):
        verify_inclusion(LEAVES[0], index, size, [], ROOTS[1])


@pytest.mark.parametrize(
    ("old", "first", "size", "second", "proof", "why"),
    [
        (2, ROOTS[2], 1, ROOTS[1], [], "can't extend"),
        (-1, ROOTS[2], 1, ROOTS[1], [], "can't extend"),
        (3, ROOTS[3], 3, ROOTS[4], [], "same size"),
        (3, ROOTS[3], 3, ROOTS[3], [EMPTY_ROOT], "too long"),
        (0, ROOTS[1], 3, ROOTS[3], [], "empty tree"),
        (0, EMPTY_ROOT, 3, ROOTS[3], [EMPTY_ROOT], "too long"),
        (3, ROOTS[3], 5, ROOTS[5], [], "missing"),
        (3, ROOTS[3], 5, ROOTS[5], [b"short"], "32 bytes"),
        (3, b"", 3, b"", [], "32 bytes"),
    ],
)
def test_trivial_proofs_are_checked(
    old: int, first: bytes, size: int, second: bytes, proof: list[bytes], why: str
) -> None:
    """Empty and equal trees get no proof for free."""
    with pytest.raises(ProofError, match=why):
        verify_consistency(old, first, size, second, proof)


def test_a_leaf_alone_needs_no_path() -> None:
    """The root of one leaf is the leaf's hash."""
    verify_inclusion(LEAVES[0], 0, 1, [], LEAVES[0])
    with pytest.raises(ProofError, match="too long"):
        verify_inclusion(LEAVES[0], 0, 1, [LEAVES[1]], LEAVES[0])


def test_roots_are_rebuilt_leaf_by_leaf() -> None:
    """The builder's root is the RFC's at every size."""
    builder = RootBuilder()
    for size, leaf in enumerate(LEAVES):
        assert ROOTS[size] == builder.root()
        builder.add(leaf)

    assert (len(LEAVES), ROOTS[-1]) == (builder.size, builder.root())


def flip(data: st.DataObject, parts: list[bytes]) -> list[bytes]:
    """Flip one bit of one of the parts."""
    which = data.draw(st.integers(0, len(parts) - 1))
    bit = data.draw(st.integers(0, 255))
    changed = bytearray(parts[which])
    changed[bit // 8] ^= 1 << bit % 8
    return [*parts[:which], bytes(changed), *parts[which + 1 :]]
