"""`sealedbook audit anchors`, `cosigned` and `stream`, as the operator sees them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from audit.anchor import Copy
from audit.anchor_folder import FolderAnchor
from audit.checkpoint import Head
from audit.cosignature import cosign
from audit.events import Event
from audit.stream import read_lines
from audit.witness_folder import WitnessFolder
from cli.desk import CommandError
from house.anchors import ledger_keys
from house.doctor.findings import Verdict
from house.doctor.outside import check_anchors, check_stream, check_witnesses
from house.streaming import STREAM
from house.wiring import House
from runtime.database import writing
from runtime.settings import Settings, load_settings
from store.outposts import note_reached
from tests.backends import copy_database, put_back
from tests.cli.conftest import Run, last_entries
from tests.installation import Installation, an_installation


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Installation]:
    """An installation of its own, to be rolled back."""
    with an_installation(tmp_path) as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is set as an anchor."""
    made = tmp_path / "anchor"
    made.mkdir()
    monkeypatch.setenv("SEALEDBOOK_ANCHOR_FOLDER", str(made))
    return made


def anchor(home: Installation, folder: Path) -> Head:
    """Lay a copy of the newest head, as the worker does."""
    note = home.operator.vault.sign()
    _key, head = ledger_keys(home.operator).read_checkpoint(note)
    now = home.operator.clock.now()
    FolderAnchor(folder).put(Copy(size=head.size, at=now, note=note))
    with writing(home.operator.engine) as connection:
        note_reached(connection, "folder", head, now)
    return head


def house_of(home: Installation, **changed: object) -> House:
    """Return the operator's house as the environment has it."""
    return House(load_settings(home.data, Settings).model_copy(update=changed), "operator")


def test_without_anchors_it_says_so(fresh: Installation, run: Run) -> None:
    """Nothing leaves unless somebody set where to; a live house is warned of that."""
    assert "no anchor is configured" in run("audit", "anchors", "--data", fresh.data).output
    live = house_of(fresh, mode="live")
    assert Verdict.WARN == check_anchors(live).verdict
    assert [Verdict.OK] * 3 == [
        check(fresh.operator).verdict for check in (check_anchors, check_witnesses, check_stream)
    ]
    live.close()


def test_anchors_are_read_back(fresh: Installation, run: Run, folder: Path) -> None:
    """Age, size, and that the ledger extends what stands there; one that is gone is said."""
    head = anchor(fresh, folder)
    listed = run("audit", "anchors", "--data", fresh.data)
    assert f"holds {head.size} entries" in listed.output
    house = house_of(fresh)
    assert Verdict.OK == check_anchors(house).verdict
    late = house_of(fresh, clock_offset=fresh.settings.clock_offset + 10**6, anchor_overdue="stop")
    assert (Verdict.FAIL, True) == (check_anchors(late).verdict, "stopped" in check_anchors(late).said)
    folder.rename(folder.with_name("gone"))
    failed = run("audit", "anchors", "--data", fresh.data)
    assert (1, True) == (failed.exit_code, "NOT HELD: missing" in failed.output)
    assert Verdict.WARN == check_anchors(house).verdict
    for each in (house, late):
        each.close()


def test_a_rolled_back_ledger_is_a_loud_finding(fresh: Installation, run: Run, folder: Path) -> None:
    """An anchored head that the ledger doesn't extend fails the command and the doctor."""
    early = copy_database(fresh.operator.engine, fresh.data)
    fresh.take_roster()
    anchor(fresh, folder)
    put_back(fresh.operator.engine, early)
    failed = run("audit", "anchors", "--data", fresh.data)
    assert isinstance(failed.exception, CommandError)
    assert "doesn't extend" in str(failed.exception)
    house = house_of(fresh)
    finding = check_anchors(house)
    assert (Verdict.FAIL, True) == (finding.verdict, "keep everything as it is" in finding.advice)
    house.close()


def test_lines_that_came_by_hand_are_kept(
    fresh: Installation, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cosigned checkpoint of this ledger is taken once, another one isn't; the doctor sees the age."""
    witness = WitnessFolder(tmp_path / "witness")
    vkey = witness.create("witness.example/compliance")
    (tmp_path / "list").write_text(f"{vkey} https://witness.example\n")
    monkeypatch.setenv("SEALEDBOOK_WITNESSES_FILE", str(tmp_path / "list"))
    path = tmp_path / "cosigned"
    path.write_text(cosign(fresh.operator.vault.sign(), witness.key(), 1_790_000_000))
    assert "1 new lines" in run("audit", "cosigned", path, "--data", fresh.data).output
    assert "0 new lines" in run("audit", "cosigned", path, "--data", fresh.data).output
    assert "witness:witness.example-compliance" in run("audit", "anchors", "--data", fresh.data).output
    house = house_of(fresh)
    assert Verdict.OK == check_witnesses(house).verdict
    late = house_of(fresh, clock_offset=fresh.settings.clock_offset + 10**6)
    assert Verdict.WARN == check_witnesses(late).verdict
    (tmp_path / "list").write_text("nonsense")
    assert Verdict.FAIL == check_witnesses(house).verdict
    for each in (house, late):
        each.close()


def test_the_stream_is_seen_and_steered(
    fresh: Installation, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Status, a try, a pause and going on; steering is in the ledger."""
    assert isinstance(run("audit", "stream", "status", "--data", fresh.data).exception, CommandError)
    path = tmp_path / "stream.jsonl"
    monkeypatch.setenv("SEALEDBOOK_STREAM_TO", str(path))
    fresh.operator.vault.sign()
    assert "taken" in run("audit", "stream", "test", "--data", fresh.data).output
    assert () == read_lines(path.read_bytes()).entries
    assert "last batch never" in run("audit", "stream", "status", "--data", fresh.data).output
    run("audit", "stream", "pause", "--data", fresh.data)
    house = house_of(fresh)
    assert "paused" in run("audit", "stream", "status", "--data", fresh.data).output
    assert "paused" in check_stream(house).said
    run("audit", "stream", "resume", "--data", fresh.data)
    assert ["PauseStream", "ResumeStream"] == [
        entry.action
        for entry in last_entries(fresh, 3)
        if entry.event is Event.COMMAND_ISSUED and entry.resource.kind == "stream"
    ]
    house.close()
    path.unlink()
    path.mkdir()
    assert isinstance(run("audit", "stream", "test", "--data", fresh.data).exception, CommandError)


def test_a_stream_ahead_of_its_ledger_is_a_loud_finding(
    fresh: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    """What went out and isn't in the ledger any more is said by the try as by the doctor's lag."""
    monkeypatch.setenv("SEALEDBOOK_STREAM_TO", str(tmp_path / "stream"))
    fresh.operator.vault.sign()
    with writing(fresh.operator.engine) as connection:
        note_reached(connection, STREAM, Head(10**6, bytes(32)), fresh.operator.clock.now())
    failed = run("audit", "stream", "test", "--data", fresh.data)
    assert "no part of this ledger" in str(failed.exception)
    late = house_of(fresh, clock_offset=fresh.settings.clock_offset + int(timedelta(days=1).total_seconds()))
    assert Verdict.WARN == check_stream(late).verdict
    late.close()
