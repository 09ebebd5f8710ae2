"""Seals typed rows as encrypted shards, one an agent, with their list projections and index.

Laws
1. Nothing clear is written anywhere. A part's associated data name use, attempt, agent and
   position; the index fixes each part's digest.
2. Rows come in tables that hold whole agents; memory holds one such table.
3. The index's root comes last: without it there is no snapshot.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from policies.arrow_types import CASE_PSEUDONYM, CONSUMER_PSEUDONYM, rows_schema
from policies.columns import Catalogue, Profile
from runtime.envelope import seal_envelope
from runtime.objects import Objects
from snapshot.checks import AGENT, DELEGATION
from snapshot.index import PAGE_AGENTS, PageRef, Part, Root, Section, encode_page, object_names
from snapshot.keys import SealingKeys
from snapshot.packing import pack
from snapshot.pipeline import in_order

USE_OF: Final = {Section.SHARDS: "snapshot.shard", Section.LISTS: "snapshot.list"}
PAGE_USE: Final = "snapshot.page"
ROOT_USE: Final = "snapshot.index"


@dataclass(frozen=True, kw_only=True)
class StoredSnapshot:
    """What was stored: digest (hex) of the index's root, and rows by agent."""

    digest: str
    rows: Mapping[str, int]


Rows = Callable[[], pa.Table]


@dataclass(frozen=True, kw_only=True)
class Sealer:
    """Seals the rows of one attempt."""

    attempt: str
    keys: SealingKeys
    objects: Objects
    catalogue: Catalogue
    workers: Executor

    def store(self, tables: Iterable[tuple[int, Rows]]) -> StoredSnapshot:
        """Seal typed rows with pseudonyms and put the objects, the index's root last.

        Each item holds the rows of whole agents: the position of its first agent, and a
        function that gives the rows, called in a worker's thread.
        """
        names = object_names(self.attempt)
        parts: dict[str, dict[Section, Part]] = {}
        ends = dict.fromkeys(Section, 0)
        with ExitStack() as stack:
            files = {each: stack.enter_context(self.objects.creating(names[each.value])) for each in Section}
            for sealed in in_order(self.workers, self._seal, tables):
                for section, agent, position, rows, data in sealed:
                    files[section].write(data)
                    parts.setdefault(agent, {})[section] = Part(
                        position=position,
                        offset=ends[section],
                        length=len(data),
                        rows=rows,
                        sha256=hashlib.sha256(data).hexdigest(),
                    )
                    ends[section] += len(data)
        schema, columns = rows_schema(self.catalogue), _columns(self.catalogue)
        schemas = {each: pa.schema([schema.field(name) for name in columns[each]]) for each in Section}
        return StoredSnapshot(
            digest=self._store_index(Root(attempt=self.attempt, schemas=schemas, pages=()), parts),
            rows={agent: of[Section.SHARDS].rows for agent, of in sorted(parts.items())},
        )

    def _seal(self, item: tuple[int, Rows]) -> list[tuple[Section, str, int, int, bytes]]:
        """Return (section, agent, position, rows, ciphertext) for each agent of a table, twice."""
        first, rows = item
        table = rows()
        # The sort is stable: an agent's rows keep the extract's order.
        table = table.take(pc.sort_indices(table, sort_keys=[(AGENT, "ascending")])).combine_chunks()
        keys = {Section.SHARDS: self.keys.shard, Section.LISTS: self.keys.list}
        counted = table.column(AGENT).value_counts().to_pylist()
        sealed = []
        for section, names in _columns(self.catalogue).items():
            (batch,) = table.select(names).to_batches()
            start = 0
            for position, one in enumerate(counted, first):
                agent, count = one["values"], one["counts"]
                clear = pack(batch.slice(start, count))
                start += count
                data = seal_envelope(
                    keys[section][agent],
                    clear,
                    use=USE_OF[section],
                    attempt=self.attempt,
                    agent=agent,
                    position=position,
                )
                sealed.append((section, agent, position, count, data))
        return sealed

    def _store_index(self, root: Root, parts: Mapping[str, Mapping[Section, Part]]) -> str:
        """Put the pages, then the root; return the root's digest in hex."""
        names, agents, pages, end = object_names(root.attempt), sorted(parts), [], 0
        with self.objects.creating(names["pages"]) as file:
            for number, start in enumerate(range(0, len(agents), PAGE_AGENTS)):
                held = agents[start : start + PAGE_AGENTS]
                sealed = seal_envelope(
                    self.keys.index,
                    encode_page({agent: parts[agent] for agent in held}),
                    use=PAGE_USE,
                    attempt=root.attempt,
                    number=number,
                )
                file.write(sealed)
                digest = hashlib.sha256(sealed).hexdigest()
                pages.append(PageRef(first=held[0], offset=end, length=len(sealed), sha256=digest))
                end += len(sealed)
        whole = replace(root, pages=tuple(pages))
        sealed = seal_envelope(self.keys.index, whole.encode(), use=ROOT_USE, attempt=root.attempt)
        self.objects.put(names["index"], sealed)
        return hashlib.sha256(sealed).hexdigest()


def _columns(catalogue: Catalogue) -> dict[Section, list[str]]:
    listed = [*catalogue.names(Profile.LIST), AGENT, DELEGATION, CONSUMER_PSEUDONYM, CASE_PSEUDONYM]
    return {Section.SHARDS: rows_schema(catalogue).names, Section.LISTS: list(dict.fromkeys(listed))}
