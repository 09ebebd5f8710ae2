"""Opens one agent's rows of a stored snapshot, and no other's.

Laws
1. A shard opens under a Grant only, with one ranged read, and only as what it is: its
   associated data name use, attempt, agent and position, the index fixes its digest, and
   the Grant fixes the index's.
2. Beside the shards lies a list projection per agent, the only rows that the list page opens.
3. Whatever doesn't match is a ShardError, and never wrong rows.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import pyarrow as pa

from policies.actions import Action
from policies.grant import Grant
from runtime.envelope import EnvelopeError, open_envelope
from runtime.objects import ObjectError, Objects
from snapshot.index import Part, Root, Section, decode_page, object_names
from snapshot.keys import ListKeys, RowKeys
from snapshot.packing import PackingError, unpack
from snapshot.published import PublishedSnapshot
from snapshot.sealing import PAGE_USE, ROOT_USE, USE_OF


class ShardError(Exception):
    """A stored snapshot isn't what it should be, or isn't covered by the grant."""


def open_rows(grant: Grant, keys: RowKeys, objects: Objects, snapshot: PublishedSnapshot) -> pa.Table:
    """Return the rows of a BuildBook grant's agent, typed, with pseudonyms; none is an empty table."""
    return _open(grant, Action.BUILD_BOOK, Section.SHARDS, keys.shard, keys.index, objects, snapshot)


def open_list(grant: Grant, keys: ListKeys, objects: Objects, snapshot: PublishedSnapshot) -> pa.Table:
    """Return the list projection of a ViewConsumers grant's agent, typed, with pseudonyms."""
    return _open(grant, Action.VIEW_CONSUMERS, Section.LISTS, keys.list, keys.index, objects, snapshot)


@dataclass(frozen=True, kw_only=True)
class SealedShard:
    """An agent's shard as it lies there, with what it takes to read its rows once it is opened."""

    schema: pa.Schema
    part: Part
    sealed: bytes = field(repr=False)


def find_shard(
    objects: Objects, index_key: bytes, snapshot: PublishedSnapshot, agent: str
) -> SealedShard | None:
    """Return an agent's shard without opening it, None where the snapshot has none."""
    _check_kept(snapshot)
    root = _open_root(objects, index_key, snapshot)
    part = _find_part(root, agent, Section.SHARDS, objects, index_key)
    if part is None:
        return None
    sealed = _read_part(objects, snapshot.attempt, Section.SHARDS, part)
    return SealedShard(schema=root.schemas[Section.SHARDS], part=part, sealed=sealed)


def _open(
    grant: Grant,
    action: Action,
    section: Section,
    key: bytes,
    index_key: bytes,
    objects: Objects,
    snapshot: PublishedSnapshot,
) -> pa.Table:
    if grant.action is not action or grant.agent is None:
        raise ShardError(f"the grant doesn't open {section.value}")
    if grant.snapshot != snapshot.ref:
        raise ShardError("the grant names another snapshot")
    _check_kept(snapshot)
    root = _open_root(objects, index_key, snapshot)
    schema = root.schemas[section]
    part = _find_part(root, grant.agent, section, objects, index_key)
    if part is None:
        return schema.empty_table()
    sealed = _read_part(objects, snapshot.attempt, section, part)
    try:
        clear = open_envelope(
            key,
            sealed,
            use=USE_OF[section],
            attempt=snapshot.attempt,
            agent=grant.agent,
            position=part.position,
        )
    except EnvelopeError:
        raise ShardError("a shard doesn't open with this key as this agent's") from None
    try:
        rows = pa.Table.from_batches([unpack(clear, schema)])
    except PackingError:
        raise ShardError("a shard doesn't hold rows of the index's schema") from None
    if rows.num_rows != part.rows:
        raise ShardError("a shard doesn't hold the rows that the index lists")
    return rows


def _open_root(objects: Objects, key: bytes, snapshot: PublishedSnapshot) -> Root:
    sealed = _read(objects, snapshot.attempt, "index")
    if hashlib.sha256(sealed).hexdigest() != snapshot.ref.digest:
        raise ShardError("the stored index is not the published one")
    try:
        clear = open_envelope(key, sealed, use=ROOT_USE, attempt=snapshot.attempt)
    except EnvelopeError:
        raise ShardError("the index doesn't open with this key as this snapshot's") from None
    return Root.decode(clear)


def _find_part(root: Root, agent: str, section: Section, objects: Objects, key: bytes) -> Part | None:
    number = root.page_of(agent)
    if number is None:
        return None
    page = root.pages[number]
    sealed = _read(objects, root.attempt, "pages", page.offset, page.length)
    if hashlib.sha256(sealed).hexdigest() != page.sha256:
        raise ShardError("a page of the index is not the one that its root lists")
    try:
        clear = open_envelope(key, sealed, use=PAGE_USE, attempt=root.attempt, number=number)
    except EnvelopeError:
        raise ShardError("a page of the index doesn't open as this snapshot's") from None
    held = decode_page(clear).get(agent)
    return None if held is None else held[section]


def _check_kept(snapshot: PublishedSnapshot) -> None:
    if snapshot.is_destroyed:
        raise ShardError("the snapshot was destroyed after its term: its rows are gone for good")


def _read_part(objects: Objects, attempt: str, section: Section, part: Part) -> bytes:
    sealed = _read(objects, attempt, section.value, part.offset, part.length)
    if hashlib.sha256(sealed).hexdigest() != part.sha256:
        raise ShardError("a shard is not the one that the index lists")
    return sealed


def _read(objects: Objects, attempt: str, part: str, offset: int = 0, length: int | None = None) -> bytes:
    name = object_names(attempt)[part]
    try:
        data = objects.read(name, offset=offset, length=length)
    except ObjectError:
        raise ShardError(f"object {name} is missing") from None
    if length is not None and len(data) != length:
        raise ShardError(f"the object of {part} is cut short")
    return data
