"""What an import changed, and where it drifts so far that a person has to accept it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.events import Event, Outcome
from policies.gate import RefusedError
from policies.numbers import Numbers
from runtime.database import reading
from snapshot.changes import Changes, Kept, Measure, Shape, Summary, compare_shapes
from snapshot.published import list_snapshots
from snapshot.reasons import DriftReason
from tests.snapshot.extracts import AS_OF, Row, data_rows, write_rows
from tests.snapshot.fakes import Room

NUMBERS = Numbers.load()
KEPT = Kept(held=0, begun=0, ended=0)
NEXT = AS_OF + timedelta(days=7)
COUNTS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 50), max_size=8)


def compare(before: Shape, after: Shape) -> Changes:
    """Compare two snapshots' counts."""
    return compare_shapes("2026-11-21T05:00:00.000000Z", 1, before, after, KEPT)


def shape(rows: int = 100, agents: int = 100, kinds: Mapping[str, int] | None = None) -> Shape:
    """Return counts of a snapshot with one row an agent."""
    return Shape(
        rows=rows, agents={f"0A{number:05}": 1 for number in range(agents)}, kinds=kinds or {"one": rows}
    )


@pytest.mark.parametrize(
    ("after", "beyond"),
    [
        (shape(agents=80), set()),
        (shape(agents=79), {Measure.AGENTS_GONE}),
        (shape(agents=300), set()),
        (shape(rows=130), set()),
        (shape(rows=131), {Measure.ROWS_CHANGE}),
        (shape(rows=70), set()),
        (shape(rows=69), {Measure.ROWS_CHANGE}),
        (shape(kinds={"one": 80, "two": 20}), set()),
        (shape(kinds={"one": 79, "two": 21}), {Measure.KIND_SHIFT}),
    ],
)
def test_bounds_are_exact(after: Shape, beyond: set[Measure]) -> None:
    """What is at a bound is within it; the least more is beyond."""
    assert beyond == {drift.measure for drift in compare(shape(), after).drift(NUMBERS)}


def test_parts_of_a_percent_count_as_more() -> None:
    """20.1 percent are over 20."""
    assert 21 == compare(shape(agents=1000), shape(agents=799)).agents_gone_percent


def test_nothing_is_measured_against_nothing() -> None:
    """An empty snapshot before gives no drift, and no division by zero."""
    assert () == compare(shape(0, 0, {"one": 0}), shape()).drift(NUMBERS)


@given(COUNTS, COUNTS)
def test_agents_are_new_gone_or_both(before: dict[str, int], after: dict[str, int]) -> None:
    """Every agent is counted once; the same twice changes nothing."""
    had, has = (Shape(rows=sum(of.values()), agents=of, kinds=of) for of in (before, after))
    changes = compare(had, has)
    assert len(after) == len(before) + changes.agents_new - changes.agents_gone
    assert changes.agents_changed <= len(before) - changes.agents_gone
    same = compare(had, had)
    assert (0, 0, 0, 0, 0) == (
        same.agents_new,
        same.agents_gone,
        same.agents_changed,
        same.rows_change_percent,
        same.kind_shift_points,
    )


def test_a_summary_is_read_back_as_it_was_written() -> None:
    """What the database keeps is the same again."""
    for changes in (None, compare(shape(), shape(agents=3))):
        summary = Summary(kinds={"one": 1}, delegations={"active": 1}, delegated=1, changes=changes)
        assert summary == Summary.decode(summary.encode())


def next_week(rows: list[Row]) -> list[Row]:
    """Return rows as of the Friday after."""
    return [row | {"snapshot_as_of": "2026-11-27T21:00:00-08:00"} for row in rows]


@pytest.fixture
def room(tmp_path: Path) -> Room:
    """Return a room with a published snapshot, a week later."""
    made = Room(tmp_path)
    made.publish(made.bring_in().attempt)
    made.clock.moment += timedelta(days=7)
    return made


def test_what_changed_is_counted_with_the_import(room: Room, tmp_path: Path) -> None:
    """An ended delegation and a new agent are told by the report and kept with the attempt."""
    rows = next_week(data_rows())
    agent = rows[0]["agent_license_number"]
    ended = next(
        row for row in rows if (row["agent_license_number"], row["delegation_status"]) == (agent, "active")
    )
    of_it = [row for row in rows if row["consumer_id"] == ended["consumer_id"]]
    for row in of_it:
        row["delegation_status"] = "ended"
    newcomer = next(row for row in rows if row not in of_it and row["delegation_status"] == "active")
    rows.append(newcomer | {"agent_license_number": "0Z99999"})
    imported = room.bring_in(write_rows(tmp_path / "next.csv", rows), NEXT)
    changes = imported.report.changes
    assert changes is not None
    assert (1, 0, 1, 208) == (changes.agents_new, changes.agents_gone, changes.begun, changes.rows_before)
    assert changes.ended == len({row["agent_license_number"] for row in of_it})
    assert () == imported.report.drift
    with reading(room.engine) as connection:
        (line,) = [each for each in list_snapshots(connection) if each.attempt == imported.attempt]
    assert line.summary is not None
    assert (changes, imported.report.kinds) == (line.summary.changes, line.summary.kinds)
    assert any("1 delegations begun" in each for each in imported.report.lines())


def test_half_the_agents_gone_stops_and_asks(room: Room, tmp_path: Path) -> None:
    """Such an extract ends checked, R34 refuses to publish it, and the old data stay in force."""
    agents = sorted({row["agent_license_number"] for row in data_rows()})
    kept = set(agents[: len(agents) // 2])
    rows = next_week([row for row in data_rows() if row["agent_license_number"] in kept])
    imported = room.bring_in(write_rows(tmp_path / "half.csv", rows), NEXT)
    assert Measure.AGENTS_GONE in {drift.measure for drift in imported.report.drift}
    assert "agents-gone" in {each["measure"] for each in json.loads(imported.report.as_json())["drift"]}
    before = room.newest().ref
    with pytest.raises(RefusedError) as caught:
        room.publish(imported.attempt)
    assert ["R34"] == [rule.id for rule in caught.value.rules]
    assert before == room.newest().ref
    room.publish(imported.attempt, DriftReason.CONFIRMED_BY_EXCHANGE)
    assert imported.ref == room.newest().ref
    permit = [entry for entry in room.entries() if entry.event is Event.PUBLICATION_REQUESTED][-1]
    assert (Outcome.PERMIT, "console", "confirmed-by-exchange") == (
        permit.outcome,
        permit.actor.id,
        permit.reason,
    )


def test_an_accepted_drift_excuses_nothing_else(room: Room) -> None:
    """An attempt that isn't there is refused though its drift is accepted."""
    with pytest.raises(RefusedError) as caught:
        room.publish("unknown", DriftReason.AGENTS_LEFT)
    assert {"R10", "R34", "R35"} == {rule.id for rule in caught.value.rules}
