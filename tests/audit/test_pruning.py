"""Pruning: after ten years bytes may go, under a record of it; everything that proves stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, text, update
from sqlalchemy.exc import IntegrityError

from audit.bundle import write_bundle
from audit.entry import HeadRef, Resource
from audit.errors import LedgerPrunedError
from audit.events import Event
from audit.inputs import keep_inputs, kept_inputs
from audit.moments import moments_of_export
from audit.proofs import verify_consistency
from audit.pruned import years_before
from audit.pruning import Pruning, RetentionError, plan_pruning, prune, pruned_below
from audit.recheck import recheck
from audit.search import Wanted, search_entries
from audit.shown import keep_shown, kept_shown
from audit.soundness import check_stored
from audit.tables import ledger_entries, ledger_prunings
from audit.verify import VerifyError, verify_bundle
from runtime.clock import parse_rfc3339, rfc3339
from runtime.database import reading, writing
from tests.audit.factories import AT, ALedger, a_draft, a_key, a_ledger, a_permit

OLD = 6
YEARS = 10
START = parse_rfc3339(AT)
BEFORE = START + timedelta(days=30)


@pytest.fixture
def ledger(tmp_path: Path) -> ALedger:
    """Six old entries of an export after the start, then three of eleven years later."""
    made = a_ledger(tmp_path)
    made.append(a_draft(Event.INSTALLATION_STARTED, mode="live"))
    for _ in range(OLD):
        made.append(a_permit(export="e-01"))
        made.clock.advance(days=1)
    made.clock.advance(days=11 * 366)
    for _ in range(3):
        made.append(a_permit(export="e-02"))
        made.clock.advance(seconds=1)
    return made


def plan(ledger: ALedger, before: datetime = BEFORE) -> Pruning:
    """Plan at the ledger's own clock."""
    return plan_pruning(ledger.engine, before, now=ledger.clock.now(), years=YEARS)


def record(ledger: ALedger, pruning: Pruning) -> int:
    """Record a pruning in the ledger and return the entry's index."""
    head = HeadRef(size=pruning.head.size, root=pruning.head.root.hex())
    resource = Resource(kind="ledger", id="sealed-book")
    draft = a_draft(Event.LEDGER_PRUNED, count=pruning.count, head=head, resource=resource)
    return ledger.append(draft)[0].index


def do_prune(ledger: ALedger) -> int:
    """Plan, record and prune; return how many went."""
    pruning = plan(ledger)
    return prune(ledger.engine, pruning, record(ledger, pruning))


def whole(ledger: ALedger) -> list[int]:
    """Return the indices of the entries that have their bytes."""
    with reading(ledger.engine) as connection:
        rows = connection.execute(
            text('SELECT "index" FROM ledger_entries WHERE length(entry) > 0 ORDER BY 1')
        )
        return list(rows.scalars())


def test_the_plan_says_what_goes(ledger: ALedger) -> None:
    """A plan counts what would go, changes nothing, and leaves the start out."""
    pruning = plan(ledger)

    assert (1 + OLD, OLD) == (pruning.head.size, pruning.count)
    assert list(range(1 + OLD + 3)) == whole(ledger)
    assert 2 == plan(ledger, START + timedelta(days=2)).count


def test_nothing_younger_goes(ledger: ALedger) -> None:
    """Entries are kept for ten years, to the microsecond."""
    latest = years_before(ledger.clock.now(), YEARS)
    with pytest.raises(RetentionError, match=rfc3339(latest)):
        plan(ledger, latest + timedelta(microseconds=1))
    assert OLD == plan(ledger, latest).count


def test_what_goes_and_what_stays(ledger: ALedger) -> None:
    """Bytes and whom they are about go; the start, leaves, proofs and later entries stay."""
    before = ledger.reader.head()
    leaves = [hash_ for hash_, _ in ledger.reader._pages(0, before.size)]

    assert OLD == do_prune(ledger)
    assert [0, 7, 8, 9, 10] == whole(ledger)
    assert leaves == [hash_ for hash_, _ in ledger.reader._pages(0, before.size)]
    proof = ledger.reader.prove(before.size, [9])
    verify_consistency(before.size, before.root, proof.head.size, proof.head.root, proof.consistency)
    with reading(ledger.engine) as connection:
        assert 1 + OLD == pruned_below(connection)
        assert 11 == check_stored(connection, 100)
        assert [] == moments_of_export(connection, "e-01")
        assert 3 == len(moments_of_export(connection, "e-02"))
    with pytest.raises(LedgerPrunedError):
        ledger.reader.prove(0, [3])
    with pytest.raises(LedgerPrunedError, match="entry 1 was pruned"):
        list(ledger.reader.entries(0, 11))


def test_whom_pruned_entries_showed_goes_with_them(ledger: ALedger) -> None:
    """What stood beside a pruned entry goes in the same transaction; what is younger stays."""
    with writing(ledger.engine) as connection:
        keep_shown(connection, {3: b"old", 8: b"young"})
        keep_inputs(connection, {3: "{}", 8: "{}"})
    do_prune(ledger)
    with reading(ledger.engine) as connection:
        assert {8: b"young"} == kept_shown(connection, range(11))
        assert {8: "{}"} == kept_inputs(connection, range(11))


def test_asking_again_finishes(ledger: ALedger) -> None:
    """What a crash left is pruned when the same is asked again; then nothing is left to do."""
    pruning = plan(ledger)
    record(ledger, pruning)

    assert OLD == plan(ledger).count
    assert OLD == do_prune(ledger)
    assert 0 == plan(ledger).count


def test_search_finds_what_is_whole(ledger: ALedger) -> None:
    """A pruned entry is found by nothing, and the rest as before."""
    do_prune(ledger)
    with reading(ledger.engine) as connection:
        everything = search_entries(connection, Wanted())
        early = search_entries(connection, Wanted(until=rfc3339(BEFORE)))

    assert [10, 9, 8, 7, 0] == [each.index for each in everything.items]
    assert [0] == [each.index for each in early.items]


def test_a_bundle_shows_pruned_entries_as_redactions(ledger: ALedger, tmp_path: Path) -> None:
    """A bundle made after pruning extends the checkpoint from before, and counts what is gone."""
    key = a_key()
    old = ledger.checkpoint(key)
    do_prune(ledger)
    vkey = key.verifier.text()
    write_bundle(ledger.reader, tmp_path / "b", vkey, ledger.checkpoint(key), redacted=[0])
    verdict = verify_bundle(tmp_path / "b", vkey, old)

    assert (11, OLD + 1, 10) == (verdict.head.size, verdict.redacted, verdict.since and verdict.since.size)


def test_recheck_knows_what_was_pruned(ledger: ALedger) -> None:
    """Verifying in place counts pruned entries by their hashes and says so."""
    key = a_key()
    do_prune(ledger)
    done = recheck(ledger.engine, ledger.checkpoint(key), key.verifier.text())

    assert OLD == done.pruned
    assert "6 pruned entries" in " ".join(done.unchecked)


def test_recheck_finds_what_was_blanked(ledger: ALedger) -> None:
    """Bytes that were taken away without the ledger's word are found, though root and leaves fit."""
    key = a_key()
    note, vkey = ledger.checkpoint(key), key.verifier.text()
    with writing(ledger.engine) as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER ledger_entries_update"))
        else:
            connection.execute(text("ALTER TABLE ledger_entries DISABLE TRIGGER USER"))
        connection.execute(update(ledger_entries).where(ledger_entries.c["index"] == 3).values(entry=b""))

    with pytest.raises(VerifyError, match="entry 3 has no bytes"):
        recheck(ledger.engine, note, vkey)


def test_recheck_finds_what_was_pruned_too_early(ledger: ALedger) -> None:
    """A ledger that says of young entries that they were pruned is found out by the entries around them."""
    key, head = a_key(), ledger.reader.head()
    ref, resource = HeadRef(size=head.size, root=head.root.hex()), Resource(kind="ledger", id="sealed-book")
    ledger.append(a_draft(Event.LEDGER_PRUNED, count=1, head=ref, resource=resource))
    with writing(ledger.engine) as connection:
        off = "DROP TRIGGER ledger_entries_update"
        if connection.dialect.name != "sqlite":
            off = "ALTER TABLE ledger_entries DISABLE TRIGGER USER"
        connection.execute(text(off))
        connection.execute(update(ledger_entries).where(ledger_entries.c["index"] == 8).values(entry=b""))

    with pytest.raises(VerifyError, match="entry 8 was pruned before its ten years were over"):
        recheck(ledger.engine, ledger.checkpoint(key), key.verifier.text())


GONE = {"entry": b"", "agent": None, "export": None, "fencing": None}


@pytest.mark.parametrize(
    ("index", "values"),
    [
        pytest.param(8, GONE, id="younger"),
        pytest.param(3, {"entry": b""}, id="half"),
        pytest.param(3, {**GONE, "entry": b"{}"}, id="other bytes"),
        pytest.param(3, {**GONE, "leaf": bytes(32)}, id="another leaf"),
        pytest.param(3, {**GONE, "at": AT}, id="another time"),
        pytest.param(3, {**GONE, "actor": "p-2"}, id="another actor"),
        pytest.param(3, {**GONE, "event": "export.sent"}, id="another event"),
        pytest.param(3, {"agent": None}, id="look-ups only"),
    ],
)
def test_the_guard_lets_nothing_else_through(ledger: ALedger, index: int, values: dict[str, object]) -> None:
    """Even under a recorded pruning an entry may lose its bytes and nothing else."""
    pruning = plan(ledger)
    place = record(ledger, pruning)
    with writing(ledger.engine) as connection:
        connection.execute(insert(ledger_prunings).values(index=place, below=pruning.head.size))
    with (
        pytest.raises(IntegrityError, match="an entry is never changed"),
        writing(ledger.engine) as connection,
    ):
        connection.execute(update(ledger_entries).where(ledger_entries.c["index"] == index).values(values))


def test_without_a_record_nothing_goes(ledger: ALedger) -> None:
    """Before the ledger says that it is pruned, an entry loses nothing."""
    with (
        pytest.raises(IntegrityError, match="an entry is never changed"),
        writing(ledger.engine) as connection,
    ):
        connection.execute(update(ledger_entries).where(ledger_entries.c["index"] == 3).values(GONE))


def test_what_has_gone_doesnt_come_back(ledger: ALedger) -> None:
    """A pruned entry takes no bytes any more."""
    do_prune(ledger)
    entry = a_permit().settle(AT, None).encode()
    with (
        pytest.raises(IntegrityError, match="an entry is never changed"),
        writing(ledger.engine) as connection,
    ):
        connection.execute(update(ledger_entries).where(ledger_entries.c["index"] == 3).values(entry=entry))


@pytest.mark.parametrize(
    ("index", "below"),
    [
        pytest.param(9, 7, id="under an entry that isn't a pruning"),
        pytest.param(99, 7, id="under no entry"),
        pytest.param(10, 9, id="over younger entries"),
        pytest.param(10, 12, id="beyond the ledger"),
        pytest.param(10, 0, id="over nothing"),
    ],
)
def test_a_pruning_is_recorded_truly(ledger: ALedger, index: int, below: int) -> None:
    """The database takes a pruning only under its entry, ten years after all that it covers."""
    assert 10 == record(ledger, plan(ledger))
    with pytest.raises(IntegrityError, match="a pruning follows"), writing(ledger.engine) as connection:
        connection.execute(insert(ledger_prunings).values(index=index, below=below))


@pytest.mark.parametrize("statement", ["UPDATE ledger_prunings SET below = 9", "DELETE FROM ledger_prunings"])
def test_a_recorded_pruning_stays(ledger: ALedger, statement: str) -> None:
    """A pruning that was recorded is neither changed nor deleted."""
    do_prune(ledger)
    with pytest.raises(IntegrityError, match="a pruning follows"), writing(ledger.engine) as connection:
        connection.execute(text(statement))


def test_leap_days_have_a_day_before() -> None:
    """Ten years before a 29 February is a 28th."""
    assert datetime(2018, 2, 28, 9, tzinfo=UTC) == years_before(datetime(2028, 2, 29, 9, tzinfo=UTC), 10)
