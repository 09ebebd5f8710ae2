"""What is sealed comes back whole to the agent it belongs to, and to nobody as something else."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from audit.entry import SnapshotRef
from policies.actions import Action
from policies.arrow_types import rows_schema
from runtime.clock import PACIFIC
from runtime.objects import DirectoryObjects
from snapshot.index import object_names
from snapshot.shards import ShardError, open_list, open_rows
from tests.snapshot.extracts import CATALOGUE, NAMES, active_agents, data_rows
from tests.snapshot.fakes import PartKeys, Room, a_grant


def _open(room: Room, agent: str) -> pa.Table:
    newest = room.newest()
    keys = room.vault.keys_of(newest.attempt, agent)
    return open_rows(a_grant(newest.ref, agent), keys, room.objects, newest)


def _as_text(value: Any) -> str:
    """Write a typed value as an extract does."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(PACIFIC).isoformat()
    return f"{value:.2f}" if isinstance(value, Decimal) else str(value)


def test_every_value_comes_back_through_the_shards(room: Room) -> None:
    """Each agent's shard holds exactly their active rows, each value as the extract had it."""
    for agent in active_agents():
        expected = [
            row
            for row in data_rows()
            if (row["agent_license_number"], row["delegation_status"]) == (agent, "active")
        ]
        opened = _open(room, agent).select(NAMES).to_pylist()
        assert expected == [{name: _as_text(value) for name, value in row.items()} for row in opened]


def test_rows_are_typed_and_carry_pseudonyms(room: Room) -> None:
    """A shard has the catalogue's types and a pseudonym for each consumer and case."""
    rows = _open(room, active_agents()[0])
    assert rows_schema(CATALOGUE) == rows.schema
    consumers = {row["consumer_id"]: row["_consumer"] for row in rows.to_pylist()}
    cases = {row["case_number"]: row["_case"] for row in rows.to_pylist()}
    assert len(set(consumers.values())) == len(consumers)
    assert len(set(cases.values())) == len(cases)
    assert not set(consumers) & set(consumers.values())


def test_an_agent_without_consumers_gets_an_empty_table(room: Room) -> None:
    """An agent who isn't in the snapshot gets no rows, with all columns and types."""
    rows = _open(room, "0Z00000")
    assert (0, rows_schema(CATALOGUE)) == (rows.num_rows, rows.schema)


def test_the_list_holds_only_what_the_list_page_shows(room: Room) -> None:
    """The list projection has the profile's columns, the agent, the delegation and pseudonyms."""
    newest, agent = room.newest(), active_agents()[0]
    keys = room.vault.keys_of(newest.attempt, agent)
    grant = a_grant(newest.ref, agent, Action.VIEW_CONSUMERS)
    listed = open_list(grant, keys, room.objects, newest)
    extra = {"agent_license_number", "delegation_status", "_consumer", "_case"}
    assert {*CATALOGUE.names("list"), *extra} == set(listed.column_names)
    assert _open(room, agent).select(listed.column_names) == listed


def test_one_ranged_read_opens_a_shard(room: Room) -> None:
    """Of the shards' object only the agent's own bytes are read."""
    reads: list[tuple[str, int, int | None]] = []

    class CountingObjects(DirectoryObjects):
        def read(self, name: str, *, offset: int = 0, length: int | None = None) -> bytes:
            """Note the range and read it."""
            reads.append((name, offset, length))
            return super().read(name, offset=offset, length=length)

    newest, agent = room.newest(), active_agents()[3]
    keys = room.vault.keys_of(newest.attempt, agent)
    objects = CountingObjects(room.objects.root)
    open_rows(a_grant(newest.ref, agent), keys, objects, newest)
    names = object_names(newest.attempt)
    index, (pages, _, _), (shards, offset, length) = reads
    assert (names["index"], 0, None) == index
    assert (names["pages"], names["shards"]) == (pages, shards)
    assert 0 < offset < offset + (length or 0) < room.objects.size(shards)


def test_a_grant_for_something_else_opens_nothing(room: Room) -> None:
    """Another action, no agent, or another snapshot in the grant is refused before any read."""
    newest, agent = room.newest(), active_agents()[0]
    keys = room.vault.keys_of(newest.attempt, agent)
    grant = a_grant(newest.ref, agent)
    other = SnapshotRef(as_of=newest.ref.as_of, revision=2, digest=newest.ref.digest)
    for wrong in (
        replace(grant, action=Action.VIEW_CONSUMERS),
        replace(grant, agent=None),
        replace(grant, snapshot=other),
        replace(grant, snapshot=None),
    ):
        with pytest.raises(ShardError, match="the grant"):
            open_rows(wrong, keys, room.objects, newest)
    with pytest.raises(ShardError, match="the grant"):
        open_list(grant, keys, room.objects, newest)


def test_a_wrong_key_opens_nothing(room: Room) -> None:
    """Another agent's key or another attempt's index key is an error."""
    newest, (agent, other, *_) = room.newest(), active_agents()
    mine, theirs = (room.vault.keys_of(newest.attempt, each) for each in (agent, other))
    strange = PartKeys(shard=mine.shard, list=mine.list, index=mine.list)
    for keys, says in ((theirs, "as this agent's"), (strange, "index doesn't open")):
        with pytest.raises(ShardError, match=says):
            open_rows(a_grant(newest.ref, agent), keys, room.objects, newest)
