"""Reads and checks an extract in one pass, says what was found, and spools what may be sealed.

Laws
1. Findings come in stages: a file that can't be read as a table is not judged by its values,
   and a wrong header ends the judging.
2. Batches are judged side by side; what is told and kept has the extract's order.
3. Rows that belong to no book (delegation pending or ended) are judged and not spooled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from policies.columns import Catalogue
from snapshot.checks import ACTIVE, AGENT, DELEGATION, KEY, KIND, check_batch, check_cutoff, check_header
from snapshot.confidential import mask_confidential
from snapshot.extract import Extract
from snapshot.findings import Finding, FindingCode, at_file, at_records, merge_findings
from snapshot.forbidden import Forbidden
from snapshot.manifest import Manifest
from snapshot.pipeline import in_order
from snapshot.report import ImportReport
from snapshot.spool import Chunk, Spool
from snapshot.typed import type_rows

ROWS, KEYS = "rows", "keys"
_RECORD = "record"
_KEYS_SCHEMA = pa.schema([(_RECORD, pa.uint64()), *((name, pa.string()) for name in KEY)])


@dataclass
class Tally:
    """What one batch says of itself, or all of them together."""

    rows: int = 0
    active: Counter[str] = field(default_factory=Counter)
    unreadable: list[Finding] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    delegations: Counter[str] = field(default_factory=Counter)
    agents: set[str] = field(default_factory=set)

    def add(self, other: Tally) -> None:
        """Count another batch in."""
        self.rows += other.rows
        self.active.update(other.active)
        self.unreadable += other.unreadable
        self.findings += other.findings
        self.kinds.update(other.kinds)
        self.delegations.update(other.delegations)
        self.agents |= other.agents


@dataclass(frozen=True, kw_only=True)
class Inspected:
    """An extract's report, and by agent how many active rows lie in the spool."""

    report: ImportReport
    active: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Inspector:
    """What an extract is judged by, and where its active rows go."""

    as_of: datetime
    catalogue: Catalogue
    forbidden: Forbidden
    spool: Spool
    workers: Executor
    manifest: Manifest | None = None

    def inspect(
        self,
        extract: Extract,
        *,
        known_agents: Collection[str] | None = None,
        progress: Callable[[str], None] = lambda _: None,
    ) -> Inspected:
        """Read and check an open extract to its end."""
        never = self.forbidden.never
        wrong = check_header(extract.header, self.catalogue, never) if extract.header else []
        judge = self._pass_over if wrong else self._judge
        total = Tally()
        batches = ((extract, first, batch) for first, batch in extract.batches())
        for tally, chunks in in_order(self.workers, judge, batches):
            total.add(tally)
            self.spool.add(chunks)
            progress(f"read and checked {total.rows:,} rows")
        unreadable = [*total.unreadable, *extract.findings]
        if not unreadable and not wrong:
            total.findings += check_cutoff(self.as_of)
            if self.manifest is not None:
                total.findings += self.manifest.findings(extract.sha256, total.rows, self.as_of)
            total.findings += self._duplicates() if total.rows else [at_file(FindingCode.NO_ROWS)]
        report = ImportReport(
            file=extract.file,
            sha256=extract.sha256,
            rows=0 if unreadable else total.rows,
            agents=len(total.agents),
            kinds=self._counts(KIND, total.kinds),
            delegations=self._counts(DELEGATION, total.delegations),
            unlisted_agents=None if known_agents is None else len(total.agents - set(known_agents)),
            findings=merge_findings([*unreadable, *wrong] or total.findings),
        )
        return Inspected(report=report, active=total.active)

    def _pass_over(self, place: tuple[Extract, int, pa.RecordBatch]) -> tuple[Tally, list[Chunk]]:
        extract, first, batch = place
        _, unreadable = extract.decode(first, batch)
        return Tally(rows=batch.num_rows, unreadable=unreadable), []

    def _judge(self, place: tuple[Extract, int, pa.RecordBatch]) -> tuple[Tally, list[Chunk]]:
        extract, first, batch = place
        rows, unreadable = extract.decode(first, batch)
        if rows is None:
            return Tally(rows=batch.num_rows, unreadable=unreadable), []
        findings = check_batch(rows, first, self.catalogue, self.as_of, self.forbidden)
        agents = rows.column(AGENT)
        tally = Tally(
            rows=rows.num_rows,
            findings=findings,
            kinds=_counted(rows.column(KIND)),
            delegations=_counted(rows.column(DELEGATION)),
            agents=set(pc.unique(agents).to_pylist()),
        )
        records = pa.array(range(first, first + rows.num_rows), pa.uint64())
        keys = pa.record_batch([records, *(rows.column(name) for name in KEY)], schema=_KEYS_SCHEMA)
        buckets = self.spool.buckets_of(agents)
        chunks = self.spool.split(KEYS, first, keys, buckets)
        if not findings:
            active = pc.indices_nonzero(pc.equal(rows.column(DELEGATION), ACTIVE))
            tally.active = _counted(agents.take(active))
            typed = type_rows(rows, self.catalogue)
            if self.manifest is not None:
                typed = mask_confidential(typed, self.manifest.confidential, self.catalogue)
            chunks += self.spool.split(ROWS, first, typed, buckets, active)
        return tally, chunks

    def _duplicates(self) -> list[Finding]:
        """Find keys that stand twice; all rows of an agent are in one bucket."""
        records: list[int] = []
        for held in self.spool.read(KEYS):
            counted = (
                held.open(_KEYS_SCHEMA).group_by(list(KEY)).aggregate([(_RECORD, "count"), (_RECORD, "list")])
            )
            twice = counted.filter(pc.greater(counted.column(f"{_RECORD}_count"), 1))
            records += pc.list_flatten(twice.column(f"{_RECORD}_list")).to_pylist()
        return [at_records(FindingCode.DUPLICATE_KEY, " + ".join(KEY), records)] if records else []

    def _counts(self, column: str, counted: Counter[str]) -> dict[str, int]:
        """Count rows by each exact value; whatever else stands in the column isn't shown."""
        return {value: counted[value] for value in self.catalogue.column(column).values if value in counted}


def _counted(values: pa.Array) -> Counter[str]:
    return Counter({one["values"]: one["counts"] for one in values.value_counts().to_pylist()})
