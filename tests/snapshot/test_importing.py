"""From a file to a published snapshot: what is recorded, kept, and what a refusal leaves."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from audit.events import Event, Outcome
from policies.gate import RefusedError
from runtime.database import reading
from snapshot.facts import is_abandoned
from snapshot.findings import FindingCode
from snapshot.published import list_snapshots, newest_published, published_snapshot, rows_of_agent
from snapshot.publishing import SnapshotStateError
from snapshot.reasons import Correction
from snapshot.report import ExtractRefusedError
from snapshot.tables import State
from tests.snapshot.extracts import AS_OF, DATA, data_rows, write_rows
from tests.snapshot.fakes import Room, VaultDownError


def test_an_import_is_recorded_before_keys_and_after_sealing(tmp_path: Path) -> None:
    """The ledger has the permit, the file's digest, and the digest of what was stored."""
    room = Room(tmp_path)
    imported = room.bring_in()
    permit, importing, checked = room.entries()
    assert room.vault.permits == [0]
    assert (permit.event, permit.outcome) == (Event.IMPORT_REQUESTED, Outcome.PERMIT)
    assert ("attempt", imported.attempt) == (permit.resource.kind, permit.resource.id)
    assert f"sha256:{imported.report.sha256}" == importing.resource.id
    assert (Event.SNAPSHOT_CHECKED, 0, imported.ref) == (checked.event, checked.because, checked.snapshot)
    assert imported.ref.revision == 1


def test_published_is_in_force(tmp_path: Path) -> None:
    """Publication makes a snapshot the newest, names its entry, and has the head signed."""
    room = Room(tmp_path)
    imported = room.bring_in()
    with reading(room.engine) as connection:
        assert newest_published(connection) is None
    ref = room.publish(imported.attempt)
    newest = room.newest()
    assert (imported.ref, ref) == (newest.ref, imported.ref)
    assert (imported.attempt, AS_OF, 1) == (newest.attempt, newest.as_of, room.vault.signed)
    entry = room.entries()[newest.published_entry]
    assert (Event.SNAPSHOT_PUBLISHED, "attempt", imported.attempt, ref) == (
        entry.event,
        entry.resource.kind,
        entry.resource.id,
        entry.snapshot,
    )
    with reading(room.engine) as connection:
        assert newest == published_snapshot(connection, ref.digest)


def test_only_active_rows_are_counted_for_an_agent(tmp_path: Path) -> None:
    """Rows whose delegation is pending or ended belong to no agent's shard."""
    room = Room(tmp_path)
    ref = room.bring_in().ref
    agent = data_rows()[0]["agent_license_number"]
    active = [
        r for r in data_rows() if (r["agent_license_number"], r["delegation_status"]) == (agent, "active")
    ]
    with reading(room.engine) as connection:
        assert len(active) == rows_of_agent(connection, ref.digest, agent)
        assert rows_of_agent(connection, ref.digest, "0Z00000") == 0


def test_a_refused_extract_leaves_its_entry_and_nothing_else(tmp_path: Path) -> None:
    """A bad extract asks for no key, keeps no object, and its planted value is nowhere."""
    room = Room(tmp_path)
    rows = data_rows()
    rows[7]["date_of_birth"] = "PlantedNonsense1987"
    path = write_rows(tmp_path / "bad.csv", rows)
    with pytest.raises(ExtractRefusedError) as caught:
        room.bring_in(path)
    report = caught.value.report
    (finding,) = report.findings
    assert (finding.code, finding.column, finding.records) == (FindingCode.BAD_TYPE, "date_of_birth", (9,))
    (entry,) = room.entries()
    assert (entry.event, entry.outcome, entry.reason) == (Event.SNAPSHOT_REFUSED, Outcome.REFUSE, "bad-type")
    assert f"sha256:{report.sha256}" == entry.resource.id
    assert [] == room.vault.attempts == room.objects.names()
    shown = "\n".join([str(caught.value), *report.lines(), report.as_json(), repr(caught.value)])
    assert "PlantedNonsense1987" not in shown
    assert "bad.csv" in shown
    path.unlink()
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert b"PlantedNonsense1987" not in kept
    with reading(room.engine) as connection:
        assert [line.state for line in list_snapshots(connection)] == [State.REFUSED]


def test_the_report_counts_and_names_no_one(tmp_path: Path) -> None:
    """A good extract's report counts rows, agents, kinds, and agents that the roster lacks."""
    rows = data_rows()
    agents = {row["agent_license_number"] for row in rows}
    report = Room(tmp_path).bring_in(known_agents=sorted(agents)[1:]).report
    assert (len(rows), len(agents), 1) == (report.rows, report.agents, report.unlisted_agents)
    assert len(rows) == sum(report.kinds.values()) == sum(report.delegations.values())
    assert {"Covered California", "Mixed Household", "Medi-Cal"} == set(report.kinds)
    document = json.loads(report.as_json())
    assert (document["refused"], document["findings"]) == (False, [])
    assert "accepted" in report.lines()[0]


def test_a_correction_is_the_next_revision(tmp_path: Path) -> None:
    """Importing the same Friday again makes revision 2, which is then in force."""
    room = Room(tmp_path)
    room.publish(room.bring_in().attempt)
    rows = data_rows()
    rows[0]["home_city"] = "Elsewhere"
    path = write_rows(tmp_path / "second.csv", rows)
    with pytest.raises(SnapshotStateError, match="--reason"):
        room.bring_in(path)
    second = room.bring_in(path, reason=Correction.WRONG_VALUES)
    room.publish(second.attempt)
    assert (2, second.ref) == (second.ref.revision, room.newest().ref)
    reasons = [entry.reason for entry in room.entries() if entry.event is Event.SNAPSHOT_PUBLISHED]
    assert [None, "wrong-values"] == reasons


def test_one_revision_is_published_once(tmp_path: Path) -> None:
    """Of two attempts at the same revision only one can be published, and none twice."""
    room = Room(tmp_path)
    first, second = room.bring_in(), room.bring_in()
    assert first.ref.revision == second.ref.revision
    room.publish(first.attempt)
    for attempt in (first.attempt, second.attempt, "unknown"):
        with pytest.raises(RefusedError):
            room.publish(attempt)
    assert first.ref == room.newest().ref


def test_an_older_friday_is_not_published_over_a_newer(tmp_path: Path) -> None:
    """Data of an earlier cut-off are imported, but not put in force."""
    room = Room(tmp_path)
    room.publish(room.bring_in().attempt)
    rows = [row | {"snapshot_as_of": "2026-11-13T21:00:00-08:00"} for row in data_rows()]
    older = room.bring_in(write_rows(tmp_path / "older.csv", rows), AS_OF - timedelta(days=7))
    with pytest.raises(RefusedError) as caught:
        room.publish(older.attempt)
    assert {"R35"} == {rule.id for rule in caught.value.rules}


def test_data_of_the_future_are_refused_by_rule(tmp_path: Path) -> None:
    """An as-of moment that hasn't come is refused by R35, recorded, and leaves no attempt."""
    room = Room(tmp_path)
    room.clock.moment = datetime(2026, 11, 20, 12, tzinfo=UTC)
    with pytest.raises(RefusedError):
        room.bring_in()
    (entry,) = room.entries()
    assert (entry.event, entry.outcome, entry.rules) == (Event.IMPORT_REQUESTED, Outcome.REFUSE, ("R35",))
    with reading(room.engine) as connection:
        assert list_snapshots(connection) == []


def test_a_failure_after_the_permit_leaves_no_object(tmp_path: Path) -> None:
    """Where the vault fails, nothing is stored, and a day later the attempt counts as abandoned."""
    room = Room(tmp_path)
    room.vault.is_down = True
    with pytest.raises(VaultDownError):
        room.bring_in()
    assert room.objects.names() == []
    with reading(room.engine) as connection:
        (line,) = list_snapshots(connection)
        assert State.IMPORTING is line.state
        assert not is_abandoned(connection, line.attempt, room.clock.now())
        assert is_abandoned(connection, line.attempt, room.clock.now() + timedelta(days=1))
        assert not is_abandoned(connection, "unknown", room.clock.now())


def test_a_checked_attempt_is_not_abandoned(tmp_path: Path) -> None:
    """What was checked waits for its publication for as long as it takes."""
    room = Room(tmp_path)
    attempt = room.bring_in().attempt
    with reading(room.engine) as connection:
        assert not is_abandoned(connection, attempt, room.clock.now() + timedelta(days=30))


def test_progress_is_told(tmp_path: Path) -> None:
    """The caller hears of each step."""
    heard: list[str] = []
    Room(tmp_path).bring_in(progress=heard.append)
    assert heard == [
        "read and checked 208 rows",
        "asking the vault for keys",
        "sealing one shard per agent",
        "noting which delegations began and ended",
    ]


def test_no_value_lies_in_clear_in_what_is_kept(tmp_path: Path) -> None:
    """Neither database nor objects hold a case number, an e-mail address or a long name in clear."""
    room = Room(tmp_path)
    room.publish(room.bring_in().attempt)
    needles = {row["case_number"] for row in data_rows()} | {
        row["email"] for row in data_rows() if row["email"]
    }
    needles |= {row["home_address"] for row in data_rows() if len(row["home_address"]) > 12}
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert DATA.stat().st_size > 0
    assert [needle for needle in needles if needle.encode() in kept] == []
