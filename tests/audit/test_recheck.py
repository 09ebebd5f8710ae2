"""Verify now: what holds is said with its limits, and each way to tamper with the store is found."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from audit.checkpoint import Head, sign_checkpoint
from audit.events import Event, Outcome
from audit.key_history import sign_handover, write_history
from audit.recheck import Rechecked, recheck
from audit.verify import VerifyError
from runtime.database import writing
from tests.audit.factories import AT, ORIGIN, ALedger, a_draft, a_key, a_ledger, a_permit

VKEY = a_key().verifier.text()
COPY = (
    'UPDATE ledger_entries SET ({0}) = (SELECT {0} FROM ledger_entries WHERE "index" = {1})'
    ' WHERE "index" = {2}'
)


def a_mixed_ledger(folder: Path) -> ALedger:
    """Return six entries: permits, a refusal by two rules, something done, a person's record."""
    made = a_ledger(folder, entries=3)
    refusal = a_permit(outcome=Outcome.REFUSE, rules=("R01", "R09"), expires=None, export="e-01")
    made.append(refusal, a_draft(export="e-01"))
    made.append(a_draft(Event.PERSON_RECORDED, because=0, record="ab" * 32))
    return made


def check(made: ALedger, note: str = "", **asked: object) -> Rechecked:
    """Check under a checkpoint of the present head, unless another is given."""
    note = note or made.checkpoint(a_key())
    return recheck(made.engine, note, VKEY, **asked)  # type: ignore[arg-type] # a test names them itself


def tamper(made: ALedger, statement: str) -> None:
    """Change what is stored, as who owns the database can."""
    listing = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname || ' ON ' || tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal",
    }
    with writing(made.engine) as connection:
        for name in connection.execute(text(listing[made.engine.dialect.name])).scalars().all():
            connection.execute(text(f"DROP TRIGGER {name}"))
        connection.execute(text(statement))


def test_a_true_ledger_holds(tmp_path: Path) -> None:
    """The verdict has size, root and origin, and says what was not checked."""
    made = a_mixed_ledger(tmp_path)
    verdict = check(made)

    assert (ORIGIN, made.reader.head(), False, 0) == (
        verdict.origin,
        verdict.head,
        verdict.pinned,
        verdict.strict_from,
    )
    assert "UNPINNED" == verdict.mode
    assert ["whose the key is", "time", "completeness"] == [
        said.partition(" (")[0].partition(" beyond")[0] for said in verdict.unchecked
    ]


def test_a_key_of_ones_own_pins(tmp_path: Path) -> None:
    """With the asker's own copy of the key the verdict is PINNED; with another it fails."""
    made = a_mixed_ledger(tmp_path)

    assert "PINNED" == check(made, pinned=f"{VKEY}\n").mode
    with pytest.raises(VerifyError, match="isn't this installation's"):
        check(made, pinned=a_key(2).verifier.text())
    with pytest.raises(VerifyError, match="the key"):
        check(made, pinned="no key")


def test_an_old_checkpoint_is_extended(tmp_path: Path) -> None:
    """A checkpoint that the asker kept is held against the same entries."""
    made = a_ledger(tmp_path, entries=3)
    old, head = made.checkpoint(a_key()), made.reader.head()
    made.append(a_draft())

    assert head == check(made, since=old).since
    other = sign_checkpoint(ORIGIN, type(head)(2, bytes(32)), a_key())
    with pytest.raises(VerifyError, match="doesn't extend"):
        check(made, since=other)
    with pytest.raises(VerifyError, match="is over 9 entries"):
        check(made, since=sign_checkpoint(ORIGIN, type(head)(9, bytes(32)), a_key()))


def test_only_the_newest_are_read_strictly(tmp_path: Path) -> None:
    """What wasn't read strictly is said, and still under the root."""
    made = a_mixed_ledger(tmp_path)
    verdict = check(made, strict=2)

    assert 4 == verdict.strict_from
    assert "the form of the 4 oldest entries" in verdict.unchecked[0]


def test_a_foreign_signature_isnt_taken(tmp_path: Path) -> None:
    """A checkpoint that another key signed proves nothing."""
    made = a_mixed_ledger(tmp_path)
    with pytest.raises(VerifyError, match="the checkpoint"):
        check(made, made.checkpoint(a_key(2)))


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE ledger_entries SET outcome = 'permit' WHERE \"index\" = 3", "entry 3: its look-ups"),
        ("UPDATE ledger_entries SET actor = 'p-9' WHERE \"index\" = 2", "entry 2: its look-ups"),
        ("DELETE FROM ledger_rules WHERE rule = 'R09'", "entry 3: its look-ups"),
        ("INSERT INTO ledger_rules VALUES ('R02', 0)", "entry 0: its look-ups"),
        ("DELETE FROM ledger_records", "entry 5: its look-ups"),
        ("UPDATE ledger_records SET record = 'cd'", "entry 5: its look-ups"),
        ("INSERT INTO ledger_records VALUES ('e-01', 2, 'cd')", "entry 2: its look-ups"),
        ('DELETE FROM ledger_entries WHERE "index" = 1', "entry 1 is missing"),
        ('DELETE FROM ledger_entries WHERE "index" = 5', "ends after 5 entries, the vault signed 6"),
        (COPY.format("entry, at", 0, 1), "don't have the root"),
        ('UPDATE ledger_entries SET entry = leaf WHERE "index" = 1', "entry 1: "),
        (COPY.format("entry, at", 2, 0), "entry 1: its time is earlier"),
    ],
)
def test_tampering_is_found(tmp_path: Path, statement: str, why: str) -> None:
    """An entry or a look-up that was changed, added or taken away is named."""
    made = a_mixed_ledger(tmp_path)
    note = made.checkpoint(a_key())
    tamper(made, statement)

    with pytest.raises(VerifyError, match=why):
        check(made, note)


def test_a_ledger_that_changed_its_key_holds(tmp_path: Path) -> None:
    """The history leads from an older key, and an older checkpoint, to the one that signs now."""
    made, first, following = a_mixed_ledger(tmp_path), a_key(), a_key(2)
    old, head = made.checkpoint(first), made.reader.head()
    made.append(a_draft())
    note, vkey = made.checkpoint(following), following.verifier.text()
    keys = write_history(first.verifier, [sign_handover(head, AT, first, following)])
    verdict = recheck(made.engine, note, vkey, keys=keys, pinned=VKEY, since=old)

    assert (head, True) == (verdict.since, verdict.pinned)
    elsewhere = write_history(first.verifier, [sign_handover(Head(3, bytes(32)), AT, first, following)])
    for history, why in (
        (None, "isn't this installation's"),
        (f"{VKEY}\n", "the newest key of the history"),
        (elsewhere, "at which a key handed over"),
    ):
        with pytest.raises(VerifyError, match=why):
            recheck(made.engine, note, vkey, keys=history, pinned=VKEY)
