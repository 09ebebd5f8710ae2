"""What is sealed comes back whole to the agent it belongs to, and to nobody as something else."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from audit.entry import SnapshotRef
from policies.actions import Action
from policies.arrow_types import rows_schema
from runtime.clock import PACIFIC
from runtime.envelope import open_envelope, seal_envelope
from runtime.objects import DirectoryObjects
from snapshot.index import Index, Section, object_names
from snapshot.published import PublishedSnapshot
from snapshot.shards import ShardError, open_list, open_rows
from tests.snapshot.extracts import CATALOGUE, NAMES, data_rows
from tests.snapshot.fakes import PartKeys, Room, a_grant


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    """Return a room that has published the committed cut."""
    made = Room(tmp_path_factory.mktemp("room"))
    made.publish(made.bring_in().attempt)
    return made


def _agents() -> list[str]:
    return sorted(
        {row["agent_license_number"] for row in data_rows() if row["delegation_status"] == "active"}
    )


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
    for agent in _agents():
        expected = [
            row
            for row in data_rows()
            if (row["agent_license_number"], row["delegation_status"]) == (agent, "active")
        ]
        opened = _open(room, agent).select(NAMES).to_pylist()
        assert expected == [{name: _as_text(value) for name, value in row.items()} for row in opened]


def test_rows_are_typed_and_carry_pseudonyms(room: Room) -> None:
    """A shard has the catalogue's types and a pseudonym for each consumer and case."""
    rows = _open(room, _agents()[0])
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
    newest, agent = room.newest(), _agents()[0]
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

    newest, agent = room.newest(), _agents()[3]
    keys = room.vault.keys_of(newest.attempt, agent)
    objects = CountingObjects(room.objects.root)
    open_rows(a_grant(newest.ref, agent), keys, objects, newest)
    names = object_names(newest.attempt)
    index, (shards, offset, length) = reads
    assert (names["index"], 0, None) == index
    assert names["shards"] == shards
    assert 0 < offset < offset + (length or 0) < room.objects.size(shards)


def test_a_grant_for_something_else_opens_nothing(room: Room) -> None:
    """Another action, no agent, or another snapshot in the grant is refused before any read."""
    newest, agent = room.newest(), _agents()[0]
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
    newest, (agent, other, *_) = room.newest(), _agents()
    mine, theirs = (room.vault.keys_of(newest.attempt, each) for each in (agent, other))
    strange = PartKeys(shard=mine.shard, list=mine.list, index=mine.list)
    for keys, says in ((theirs, "as this agent's"), (strange, "index doesn't open")):
        with pytest.raises(ShardError, match=says):
            open_rows(a_grant(newest.ref, agent), keys, room.objects, newest)


def _tampered(room: Room, folder: Path, part: str, data: bytes) -> DirectoryObjects:
    """Copy the stored objects, one of them changed."""
    copy = DirectoryObjects(folder / "tampered")
    for name in room.objects.names():
        copy.put(name, data if name.endswith(f"/{part}") else room.objects.read(name))
    return copy


def _with_index(
    room: Room, folder: Path, change: Any, shards: bytes | None = None
) -> tuple[DirectoryObjects, PublishedSnapshot]:
    """Copy the objects with an index that was forged with the right key, and its digest believed."""
    newest = room.newest()
    key = room.vault.keys_of(newest.attempt, "").index
    names = object_names(newest.attempt)
    clear = open_envelope(
        key, room.objects.read(names["index"]), use="snapshot.index", attempt=newest.attempt
    )
    document = json.loads(clear)
    change(document)
    forged = seal_envelope(key, json.dumps(document).encode(), use="snapshot.index", attempt=newest.attempt)
    copy = _tampered(room, folder, "index", forged)
    if shards is not None:
        copy.delete(names["shards"])
        copy.put(names["shards"], shards)
    ref = replace(newest.ref, digest=hashlib.sha256(forged).hexdigest())
    return copy, replace(newest, ref=ref)


def test_a_changed_or_old_index_is_refused(room: Room, tmp_path: Path) -> None:
    """An index whose digest isn't the published one opens nothing, even a real older one."""
    newest, agent = room.newest(), _agents()[0]
    keys = room.vault.keys_of(newest.attempt, agent)
    older = Room(tmp_path)
    attempt = older.bring_in().attempt
    for index in (b"", b"SBE1garbage", older.objects.read(object_names(attempt)["index"])):
        objects = _tampered(room, tmp_path / hashlib.sha256(index).hexdigest()[:8], "index", index)
        with pytest.raises(ShardError, match="not the published one"):
            open_rows(a_grant(newest.ref, agent), keys, objects, newest)


def test_a_truncated_or_missing_object_is_refused(room: Room, tmp_path: Path) -> None:
    """Shards that are cut short, altered or gone are three clear errors."""
    newest, agent = room.newest(), _agents()[-1]
    keys = room.vault.keys_of(newest.attempt, agent)
    whole = room.objects.read(object_names(newest.attempt)["shards"])
    altered = whole[:-1] + bytes([whole[-1] ^ 1])
    for data, says in (
        (whole[:-1], "cut short"),
        (b"", "cut short"),
        (altered, "not the one that the index"),
    ):
        objects = _tampered(room, tmp_path / hashlib.sha256(data).hexdigest()[:8], "shards", data)
        with pytest.raises(ShardError, match=says):
            open_rows(a_grant(newest.ref, agent), keys, objects, newest)
    empty = DirectoryObjects(tmp_path / "empty")
    with pytest.raises(ShardError, match="missing"):
        open_rows(a_grant(newest.ref, agent), keys, empty, newest)


def test_a_swapped_shard_is_refused_even_by_a_forged_index(room: Room, tmp_path: Path) -> None:
    """Another agent's bytes under an agent's name don't open: the binding names the agent."""
    agent, other = _agents()[:2]

    def swap(document: Any) -> None:
        parts = document["shards"]["parts"]
        parts[agent], parts[other] = parts[other], parts[agent]

    objects, forged = _with_index(room, tmp_path, swap)
    keys = room.vault.keys_of(forged.attempt, other)
    with pytest.raises(ShardError, match="as this agent's"):
        open_rows(a_grant(forged.ref, agent), keys, objects, forged)


def test_another_position_is_refused(room: Room, tmp_path: Path) -> None:
    """A shard under another position than its own doesn't open."""
    agent = _agents()[0]

    def move(document: Any) -> None:
        document["shards"]["parts"][agent]["position"] += 1

    objects, forged = _with_index(room, tmp_path, move)
    keys = room.vault.keys_of(forged.attempt, agent)
    with pytest.raises(ShardError, match="as this agent's"):
        open_rows(a_grant(forged.ref, agent), keys, objects, forged)


def test_a_list_is_no_shard(room: Room, tmp_path: Path) -> None:
    """The list projection's bytes in the shard's place don't open, whatever the key."""
    agent = _agents()[0]

    def disguise(document: Any) -> None:
        document["shards"]["parts"][agent] = document["lists"]["parts"][agent]

    newest = room.newest()
    lists = room.objects.read(object_names(newest.attempt)["lists"])
    objects, forged = _with_index(room, tmp_path, disguise, shards=lists)
    true_keys = room.vault.keys_of(forged.attempt, agent)
    keys = PartKeys(shard=true_keys.list, list=true_keys.list, index=true_keys.index)
    with pytest.raises(ShardError, match="as this agent's"):
        open_rows(a_grant(forged.ref, agent), keys, objects, forged)


def test_fewer_rows_than_listed_are_refused(room: Room, tmp_path: Path) -> None:
    """A shard whose rows don't match the index's count is refused."""
    agent = _agents()[0]

    def claim_more(document: Any) -> None:
        document["shards"]["parts"][agent]["rows"] += 1

    objects, forged = _with_index(room, tmp_path, claim_more)
    keys = room.vault.keys_of(forged.attempt, agent)
    with pytest.raises(ShardError, match="rows that the index lists"):
        open_rows(a_grant(forged.ref, agent), keys, objects, forged)


def test_the_index_says_how_to_read_itself(room: Room) -> None:
    """An index comes back from its bytes, and another version is an error."""
    newest = room.newest()
    key = room.vault.keys_of(newest.attempt, "").index
    sealed = room.objects.read(object_names(newest.attempt)["index"])
    clear = open_envelope(key, sealed, use="snapshot.index", attempt=newest.attempt)
    index = Index.decode(clear)
    assert clear == index.encode()
    assert _agents() == list(index.sections[Section.SHARDS].parts)
    with pytest.raises(ValueError, match="another version"):
        Index.decode(clear.replace(b'"v":1', b'"v":2'))
