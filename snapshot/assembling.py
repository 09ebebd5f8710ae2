"""Between an import's permit and its index: opens the spool, gives pseudonyms, seals.

Law: what was stored reconciles with what was read, agent by agent, or the import fails.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

import pyarrow as pa

from policies.arrow_types import CASE_PSEUDONYM, CONSUMER_PSEUDONYM, rows_schema
from policies.columns import Catalogue
from runtime.objects import Objects
from snapshot.checks import AGENT
from snapshot.inspection import ROWS
from snapshot.keys import ImportedKeys, ImportVault
from snapshot.pairs import PairSet
from snapshot.pseudonyms import pseudonymise
from snapshot.publishing import SnapshotStateError
from snapshot.sealing import Rows, Sealer, StoredSnapshot
from snapshot.spool import Bucket, Spool

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Assembly:
    """An attempt between its permit and its index."""

    attempt: str
    permit: int
    vault: ImportVault
    objects: Objects
    catalogue: Catalogue
    spool: Spool
    workers: Executor
    pairs: PairSet

    def seal(self, active: Mapping[str, int], progress: Progress) -> StoredSnapshot:
        """Ask for keys, and seal what lies in the spool: by agent so many rows."""
        progress("asking the vault for keys")
        keys = self.vault.import_snapshot(self.permit, attempt=self.attempt, agents=sorted(active))
        progress("sealing one shard per agent")
        sealer = Sealer(
            attempt=self.attempt,
            keys=keys,
            objects=self.objects,
            catalogue=self.catalogue,
            workers=self.workers,
        )
        stored = sealer.store(self._tables(active, keys))
        if stored.rows != dict(active):
            raise SnapshotStateError("what was stored doesn't reconcile with what was read")
        return stored

    def _tables(self, active: Mapping[str, int], keys: ImportedKeys) -> Iterator[tuple[int, Rows]]:
        """Yield each bucket's first position and how to open it with its pseudonyms."""
        agents = Counter(self.spool.bucket_of(agent) for agent in active)
        position = 0
        for bucket in self.spool.read(ROWS):
            yield position, partial(self._open, bucket, keys)
            position += agents[bucket.number]

    def _open(self, bucket: Bucket, keys: ImportedKeys) -> pa.Table:
        schema = rows_schema(self.catalogue)
        rows = bucket.open(pa.schema([schema.field(column.name) for column in self.catalogue.columns]))
        consumers = pseudonymise(rows.column("consumer_id"), "consumer", keys)
        cases = pseudonymise(rows.column("case_number"), "case", keys)
        self.pairs.add(consumers.pairs_with(rows.column(AGENT).combine_chunks()))
        return rows.append_column(CONSUMER_PSEUDONYM, consumers.texts()).append_column(
            CASE_PSEUDONYM, cases.texts()
        )
