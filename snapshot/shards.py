"""Keeps each agent's rows as one encrypted shard, and opens one agent's alone.

Laws
1. A shard opens under a Grant only, with one ranged read, and only as what it is: its
   associated data name use, attempt, agent and position, the index fixes its digest, and
   the Grant fixes the index's.
2. Beside the shards lies a list projection per agent, the only rows that the list page opens.
3. Nothing clear is written anywhere; whatever doesn't match is a ShardError.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from policies.actions import Action
from policies.arrow_types import CASE_PSEUDONYM, CONSUMER_PSEUDONYM
from policies.columns import Catalogue, Profile
from policies.grant import Grant
from runtime.envelope import EnvelopeError, open_envelope, seal_envelope
from runtime.objects import ObjectError, Objects
from snapshot.checks import AGENT, DELEGATION
from snapshot.index import Index, Part, Section, SectionIndex, object_names
from snapshot.keys import ListKeys, RowKeys, SealingKeys
from snapshot.published import PublishedSnapshot

_USE_OF = {Section.SHARDS: "snapshot.shard", Section.LISTS: "snapshot.list"}
_INDEX_USE = "snapshot.index"


class ShardError(Exception):
    """A stored snapshot isn't what it should be, or isn't covered by the grant."""


@dataclass(frozen=True, kw_only=True)
class StoredSnapshot:
    """What was stored: digest (hex) of the ciphertext index, and rows by agent."""

    digest: str
    rows: Mapping[str, int]


def store_snapshot(
    rows: pa.Table, attempt: str, keys: SealingKeys, objects: Objects, catalogue: Catalogue
) -> StoredSnapshot:
    """Seal typed rows with pseudonyms, agent by agent, and put the three objects, the index last."""
    names = object_names(attempt)
    # The sort is stable: an agent's rows keep the extract's order.
    rows = rows.take(pc.sort_indices(rows, sort_keys=[(AGENT, "ascending")]))
    listed = [*catalogue.names(Profile.LIST), AGENT, DELEGATION, CONSUMER_PSEUDONYM, CASE_PSEUDONYM]
    contents = {
        Section.SHARDS: (rows, keys.shard),
        Section.LISTS: (rows.select(list(dict.fromkeys(listed))), keys.list),
    }
    sections = {}
    for section, (table, section_keys) in contents.items():
        data, sections[section] = _seal_section(section, table, attempt, section_keys)
        objects.put(names[section.value], data)
    clear = Index(attempt=attempt, sections=sections).encode()
    sealed = seal_envelope(keys.index, clear, use=_INDEX_USE, attempt=attempt)
    objects.put(names["index"], sealed)
    return StoredSnapshot(
        digest=hashlib.sha256(sealed).hexdigest(),
        rows={agent: part.rows for agent, part in sections[Section.SHARDS].parts.items()},
    )


def open_rows(grant: Grant, keys: RowKeys, objects: Objects, snapshot: PublishedSnapshot) -> pa.Table:
    """Return the rows of a BuildBook grant's agent, typed, with pseudonyms; none is an empty table."""
    return _open(grant, Action.BUILD_BOOK, Section.SHARDS, keys.shard, keys.index, objects, snapshot)


def open_list(grant: Grant, keys: ListKeys, objects: Objects, snapshot: PublishedSnapshot) -> pa.Table:
    """Return the list projection of a ViewConsumers grant's agent, typed, with pseudonyms."""
    return _open(grant, Action.VIEW_CONSUMERS, Section.LISTS, keys.list, keys.index, objects, snapshot)


def _seal_section(
    section: Section, table: pa.Table, attempt: str, keys: Mapping[str, bytes]
) -> tuple[bytes, SectionIndex]:
    sealed, parts = bytearray(), {}
    start = 0
    for position, counted in enumerate(table.column(AGENT).value_counts().to_pylist()):
        agent, count = counted["values"], counted["counts"]
        clear = _write_stream(table.slice(start, count))
        start += count
        part = seal_envelope(
            keys[agent], clear, use=_USE_OF[section], attempt=attempt, agent=agent, position=position
        )
        parts[agent] = Part(
            position=position,
            offset=len(sealed),
            length=len(part),
            rows=count,
            sha256=hashlib.sha256(part).hexdigest(),
        )
        sealed += part
    return bytes(sealed), SectionIndex(schema=table.schema, parts=parts)


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
    names = object_names(snapshot.attempt)
    index = _open_index(_read(objects, names["index"]), index_key, snapshot)
    held = index.sections[section]
    part = held.parts.get(grant.agent)
    if part is None:
        return held.schema.empty_table()
    sealed = _read(objects, names[section.value], offset=part.offset, length=part.length)
    if len(sealed) != part.length:
        raise ShardError(f"the object of {section.value} is cut short")
    if hashlib.sha256(sealed).hexdigest() != part.sha256:
        raise ShardError("a shard is not the one that the index lists")
    try:
        clear = open_envelope(
            key,
            sealed,
            use=_USE_OF[section],
            attempt=snapshot.attempt,
            agent=grant.agent,
            position=part.position,
        )
    except EnvelopeError:
        raise ShardError("a shard doesn't open with this key as this agent's") from None
    rows = pa.ipc.open_stream(pa.py_buffer(clear)).read_all()
    if rows.num_rows != part.rows or rows.schema != held.schema:
        raise ShardError("a shard doesn't hold the rows that the index lists")
    return rows


def _open_index(sealed: bytes, key: bytes, snapshot: PublishedSnapshot) -> Index:
    if hashlib.sha256(sealed).hexdigest() != snapshot.ref.digest:
        raise ShardError("the stored index is not the published one")
    try:
        clear = open_envelope(key, sealed, use=_INDEX_USE, attempt=snapshot.attempt)
    except EnvelopeError:
        raise ShardError("the index doesn't open with this key as this snapshot's") from None
    return Index.decode(clear)


def _read(objects: Objects, name: str, *, offset: int = 0, length: int | None = None) -> bytes:
    try:
        return objects.read(name, offset=offset, length=length)
    except ObjectError:
        raise ShardError(f"object {name} is missing") from None


def _write_stream(rows: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, rows.schema, options=options) as writer:
        writer.write_table(rows.combine_chunks())
    data: bytes = sink.getvalue().to_pybytes()
    return data
