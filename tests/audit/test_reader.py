"""The reader: proofs in one transaction, look-ups, and kept checkpoints."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.checkpoint import Head
from audit.entry import Actor
from audit.events import Event, Outcome
from audit.ledger import LedgerGapError
from audit.proofs import verify_consistency, verify_inclusion
from runtime.database import reading
from tests.audit.factories import AT, a_draft, a_key, a_ledger, a_permit


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

    assert (proof.base, proof.head.size, proof.consistency) == (5, 2, [])


@pytest.mark.parametrize("index", [2, -1])
def test_a_missing_entry_cant_be_proved(tmp_path: Path, index: int) -> None:
    """An entry that the ledger doesn't have raises LedgerGapError."""
    made = a_ledger(tmp_path, entries=2)
    with pytest.raises(LedgerGapError):
        made.reader.prove(0, [0, index])


def test_entries_stop_at_the_end(tmp_path: Path) -> None:
    """Asking for more entries than there are is an error, not a short answer."""
    made = a_ledger(tmp_path, entries=3)

    assert list(made.reader.entries(2, 2)) == []
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


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"event": Event.EXPORT_REQUESTED}, 4),
        ({"event": Event.EXPORT_REQUESTED, "outcome": Outcome.PERMIT}, 3),
        ({"event": Event.EXPORT_REQUESTED, "agent": "0B65625"}, 3),
        ({"event": Event.EXPORT_REQUESTED, "agent": "0B65625", "outcome": Outcome.REFUSE}, 1),
        ({"event": Event.EXPORT_REQUESTED, "actor": "p-7f3a"}, 3),
        ({"event": Event.EXPORT_REQUESTED, "since": "2026-11-21T19:00:00.000000Z"}, 2),
        ({"event": Event.EXPORT_REQUESTED, "since": AT}, 4),
        ({"event": Event.EXPORT_SENT, "export": "e-01"}, 1),
        ({"event": Event.EXPORT_SENT, "export": "e-02"}, 0),
        ({"event": Event.EXPORT_SENT, "action": "SendBook"}, 1),
        ({"event": Event.EXPORT_SENT, "action": "BuildBook"}, 0),
        ({"event": Event.EXPORT_BUILT}, 0),
    ],
)
def test_counts_are_of_all_given_fields(tmp_path: Path, asked: dict[str, str], expected: int) -> None:
    """A count takes the entries that have every field asked for, since a moment inclusive."""
    made = a_ledger(tmp_path)
    made.append(a_permit(), a_permit(agent="0C86404"), a_draft(export="e-01"))
    made.clock.advance(hours=1)
    made.append(
        a_permit(outcome=Outcome.REFUSE, expires=None),
        a_permit(actor=Actor(kind="person", id="p-other", role="agent")),
    )

    with reading(made.engine) as connection:
        assert expected == made.reader.count(connection, **asked)  # type: ignore[arg-type]  # one table of many types
