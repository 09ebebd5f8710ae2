"""V moves forward along a proof, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.checkpoint import Head
from tests.vault.fakes import MemoryLedger
from vault.heads import ForkedProofError, ShownProof, StaleProofError, contradicts, extend_head

LEDGER = MemoryLedger([bytes([number]) for number in range(24)])
OTHER = MemoryLedger([b"other", *LEDGER.entries[1:]])
SIZES = st.integers(min_value=0, max_value=24)


def shown(ledger: MemoryLedger, base: int) -> ShownProof:
    """Return what a caller shows who reads a ledger."""
    proof = ledger.prove(base, [])
    return ShownProof(base=base, head=proof.head, consistency=tuple(proof.consistency))


@given(seen=SIZES, size=SIZES, base=SIZES)
def test_the_head_moves_if_the_proof_starts_at_it_and_reaches_it(seen: int, size: int, base: int) -> None:
    """An honest proof moves V to its head when its base is V's and it is no shorter; else it is stale."""
    proof, head = shown(LEDGER.earlier(size), base), LEDGER.head_at(seen)
    if base == seen <= size:
        assert proof.head == extend_head(head, proof)
    else:
        with pytest.raises(StaleProofError):
            extend_head(head, proof)


@given(seen=st.integers(min_value=1, max_value=24), more=st.integers(min_value=0, max_value=24))
def test_another_ledger_is_a_fork(seen: int, more: int) -> None:
    """A ledger that differs below V and reaches V is a fork, at any size."""
    size = min(24, seen + more)
    with pytest.raises(ForkedProofError):
        extend_head(LEDGER.head_at(seen), shown(OTHER.earlier(size), seen))


@given(
    seen=st.integers(min_value=1, max_value=24),
    place=st.integers(min_value=0, max_value=9),
    bit=st.integers(min_value=0, max_value=255),
)
def test_any_flipped_bit_of_a_proof_is_a_fork(seen: int, place: int, bit: int) -> None:
    """A proof with one bit changed, in the path or the head, moves nothing."""
    proof = shown(LEDGER, seen)
    hashes = [proof.head.root, *proof.consistency]
    place %= len(hashes)
    flipped = bytearray(hashes[place])
    flipped[bit // 8] ^= 1 << bit % 8
    hashes[place] = bytes(flipped)
    broken = ShownProof(base=seen, head=Head(proof.head.size, hashes[0]), consistency=tuple(hashes[1:]))

    with pytest.raises(ForkedProofError):
        extend_head(LEDGER.head_at(seen), broken)


def test_what_the_vault_signed_can_not_lie_beyond_it() -> None:
    """A signed head beyond V, or another one at V's size, tells of a restored copy."""
    seen = LEDGER.head_at(5)

    assert not contradicts(seen, LEDGER.head_at(5))
    assert not contradicts(seen, LEDGER.head_at(4))
    assert contradicts(seen, LEDGER.head_at(6))
    assert contradicts(seen, OTHER.head_at(5))
