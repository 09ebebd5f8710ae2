"""The reader: proofs in one transaction, look-ups, and kept checkpoints."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.checkpoint import Head
from audit.ledger import LedgerGapError
from audit.proofs import verify_consistency, verify_inclusion
from tests.audit.factories import a_draft, a_key, a_ledger


def test_every_entry_proves_from_every_head(tmp_path: Path) -> None:
    """From each head that once was, a proof leads to each entry under the present head."""
    made = a_ledger(tmp_path)
    heads, recorded = [made.reader.head()], []
    for width in (1, 3, 2, 5):
        recorded += made.append(*(a_draft() for _ in range(width)))
        heads.append(made.reader.head())

    for old in heads:
        proof = made.reader.prove(old.size, [each.index for each in recorded])
        assert (old.size, heads[-1]) == (proof.base, proof.head)
        verify_consistency(old.size, old.root, proof.head.size, proof.head.root, proof.consistency)
        for each, proven in zip(recorded, proof.permits, strict=True):
            assert (each.index, each.encoded) == (proven.index, proven.encoded)
            verify_inclusion(each.leaf, each.index, proof.head.size, proven.inclusion, proof.head.root)


def test_a_shorter_ledger_cant_prove(tmp_path: Path) -> None:
    """A base beyond the ledger, as after a rollback, gets the head as it is and no proof."""
    made = a_ledger(tmp_path, entries=2)
    proof = made.reader.prove(5, [1])

    assert (5, 2, []) == (proof.base, proof.head.size, proof.consistency)


@pytest.mark.parametrize("index", [2, -1])
def test_a_missing_entry_cant_be_proved(tmp_path: Path, index: int) -> None:
    """An entry that the ledger doesn't have raises LedgerGapError."""
    made = a_ledger(tmp_path, entries=2)
    with pytest.raises(LedgerGapError):
        made.reader.prove(0, [0, index])


def test_entries_stop_at_the_end(tmp_path: Path) -> None:
    """Asking for more entries than there are is an error, not a short answer."""
    made = a_ledger(tmp_path, entries=3)

    assert [] == list(made.reader.entries(2, 2))
    assert list(made.reader.entries(0, 3))[1:] == list(made.reader.entries(1, 3))
    with pytest.raises(LedgerGapError):
        list(made.reader.entries(0, 4))


def test_the_newest_checkpoint_goes_with_the_proof(tmp_path: Path) -> None:
    """The stored checkpoint over the most entries is handed along; a size keeps its first."""
    made = a_ledger(tmp_path, entries=1)
    assert made.reader.prove(0, []).checkpoint is None

    older = made.checkpoint(a_key())
    made.reader.keep_checkpoint(older, made.reader.head())
    made.append(a_draft())
    newest = made.checkpoint(a_key())
    made.reader.keep_checkpoint(newest, made.reader.head())
    made.reader.keep_checkpoint("another", Head(1, b"\0" * 32))
    made.reader.keep_checkpoint("another", made.reader.head())

    assert newest == made.reader.prove(0, []).checkpoint
    assert newest == made.reader.checkpoint()


def test_an_entry_is_proved_under_every_head_since(tmp_path: Path) -> None:
    """A proof fits the head of any size that the ledger had with the entry in it."""
    made, heads, recorded = a_ledger(tmp_path), [], []
    for _ in range(9):
        recorded += made.append(a_draft())
        heads.append(made.reader.head())

    for head in heads:
        for each in recorded[: head.size]:
            proven = made.reader.prove_under(head.size, each.index)
            assert (each.index, each.encoded) == (proven.index, proven.encoded)
            verify_inclusion(each.leaf, each.index, head.size, proven.inclusion, head.root)


@pytest.mark.parametrize(("size", "index"), [(3, 3), (3, -1), (5, 1), (0, 0)])
def test_nothing_is_proved_under_a_head_that_never_was(tmp_path: Path, size: int, index: int) -> None:
    """An entry outside the size, or a size beyond the ledger, raises LedgerGapError."""
    made = a_ledger(tmp_path, entries=4)
    with pytest.raises(LedgerGapError):
        made.reader.prove_under(size, index)
