"""Stored objects that were cut, swapped or forged open nothing, each with its own plain error."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runtime.envelope import open_envelope, seal_envelope
from runtime.objects import DirectoryObjects
from snapshot.index import object_names
from snapshot.published import PublishedSnapshot
from snapshot.shards import ShardError, open_rows
from tests.snapshot.extracts import active_agents
from tests.snapshot.fakes import PartKeys, Room, a_grant


def _tampered(room: Room, folder: Path, part: str, data: bytes) -> DirectoryObjects:
    """Copy the stored objects, one of them changed."""
    copy = DirectoryObjects(folder / "tampered")
    for name in room.objects.names():
        copy.put(name, data if name.endswith(f"/{part}") else room.objects.read(name))
    return copy


def _with_page(
    room: Room, folder: Path, change: Callable[[dict[str, Any]], None], shards: bytes | None = None
) -> tuple[DirectoryObjects, PublishedSnapshot]:
    """Copy the objects with a page that was forged with the right key, and its root believed."""
    newest = room.newest()
    key, names = room.vault.keys_of(newest.attempt, "").index, object_names(newest.attempt)
    root = json.loads(_open(room, key, "index", use="snapshot.index"))
    (page,) = root["pages"]
    parts = json.loads(_open(room, key, "pages", use="snapshot.page", number=0))
    change(parts)
    forged = seal_envelope(
        key, json.dumps(parts).encode(), use="snapshot.page", attempt=newest.attempt, number=0
    )
    page |= {"length": len(forged), "sha256": hashlib.sha256(forged).hexdigest()}
    index = seal_envelope(key, json.dumps(root).encode(), use="snapshot.index", attempt=newest.attempt)
    copy = _tampered(room, folder, "index", index)
    for part, data in (("pages", forged), ("shards", shards)):
        if data is not None:
            copy.delete(names[part])
            copy.put(names[part], data)
    ref = replace(newest.ref, digest=hashlib.sha256(index).hexdigest())
    return copy, replace(newest, ref=ref)


def _open(room: Room, key: bytes, part: str, *, use: str, **binding: int) -> bytes:
    attempt = room.newest().attempt
    sealed = room.objects.read(object_names(attempt)[part])
    return open_envelope(key, sealed, use=use, attempt=attempt, **binding)


def test_a_changed_or_old_index_is_refused(room: Room, tmp_path: Path) -> None:
    """An index whose digest isn't the published one opens nothing, even a real older one."""
    newest, agent = room.newest(), active_agents()[0]
    keys = room.vault.keys_of(newest.attempt, agent)
    older = Room(tmp_path)
    attempt = older.bring_in().attempt
    for index in (b"", b"SBE1garbage", older.objects.read(object_names(attempt)["index"])):
        objects = _tampered(room, tmp_path / hashlib.sha256(index).hexdigest()[:8], "index", index)
        with pytest.raises(ShardError, match="not the published one"):
            open_rows(a_grant(newest.ref, agent), keys, objects, newest)


def test_a_truncated_or_missing_object_is_refused(room: Room, tmp_path: Path) -> None:
    """Shards that are cut short, altered or gone are three clear errors."""
    newest, agent = room.newest(), active_agents()[-1]
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


def test_a_changed_page_is_refused(room: Room, tmp_path: Path) -> None:
    """A page of the index that was altered, cut or moved opens nothing."""
    newest, agent = room.newest(), active_agents()[0]
    keys = room.vault.keys_of(newest.attempt, agent)
    whole = room.objects.read(object_names(newest.attempt)["pages"])
    altered = whole[:-1] + bytes([whole[-1] ^ 1])
    for data, says in ((altered, "not the one that its root"), (whole[:-1], "cut short")):
        objects = _tampered(room, tmp_path / hashlib.sha256(data).hexdigest()[:8], "pages", data)
        with pytest.raises(ShardError, match=says):
            open_rows(a_grant(newest.ref, agent), keys, objects, newest)


def test_a_swapped_shard_is_refused_even_by_a_forged_index(room: Room, tmp_path: Path) -> None:
    """Another agent's bytes under an agent's name don't open: the binding names the agent."""
    agent, other = active_agents()[:2]

    def swap(document: Any) -> None:
        document[agent], document[other] = document[other], document[agent]

    objects, forged = _with_page(room, tmp_path, swap)
    keys = room.vault.keys_of(forged.attempt, other)
    with pytest.raises(ShardError, match="as this agent's"):
        open_rows(a_grant(forged.ref, agent), keys, objects, forged)


def test_another_position_is_refused(room: Room, tmp_path: Path) -> None:
    """A shard under another position than its own doesn't open."""
    agent = active_agents()[0]

    def move(document: Any) -> None:
        document[agent]["shards"]["position"] += 1

    objects, forged = _with_page(room, tmp_path, move)
    keys = room.vault.keys_of(forged.attempt, agent)
    with pytest.raises(ShardError, match="as this agent's"):
        open_rows(a_grant(forged.ref, agent), keys, objects, forged)


def test_a_list_is_no_shard(room: Room, tmp_path: Path) -> None:
    """The list projection's bytes in the shard's place don't open, whatever the key."""
    agent = active_agents()[0]

    def disguise(document: Any) -> None:
        document[agent]["shards"] = document[agent]["lists"]

    newest = room.newest()
    lists = room.objects.read(object_names(newest.attempt)["lists"])
    objects, forged = _with_page(room, tmp_path, disguise, shards=lists)
    true_keys = room.vault.keys_of(forged.attempt, agent)
    keys = PartKeys(shard=true_keys.list, list=true_keys.list, index=true_keys.index)
    with pytest.raises(ShardError, match="as this agent's"):
        open_rows(a_grant(forged.ref, agent), keys, objects, forged)


def test_fewer_rows_than_listed_are_refused(room: Room, tmp_path: Path) -> None:
    """A shard whose rows don't match the index's count is refused."""
    agent = active_agents()[0]

    def claim_more(document: Any) -> None:
        document[agent]["shards"]["rows"] += 1

    objects, forged = _with_page(room, tmp_path, claim_more)
    keys = room.vault.keys_of(forged.attempt, agent)
    with pytest.raises(ShardError, match="rows that the index lists"):
        open_rows(a_grant(forged.ref, agent), keys, objects, forged)
