"""From a file to a published snapshot, under the gate (VAULT.md, the walk "Import").

Laws
1. Checks come first: a refused extract never asks for a permit or a key, and leaves one
   entry with the file's digest and nothing else.
2. Every attempt has a fresh id. A crash leaves an attempt that nobody publishes.
3. What fails after the permit leaves no object; its key dies under the sweep, which finds
   the attempt abandoned.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import insert, update

from audit.entry import Resource, SnapshotRef
from audit.events import Event, Outcome
from policies.actions import Action
from policies.arrow_types import CASE_PSEUDONYM, CONSUMER_PSEUDONYM
from policies.columns import Catalogue
from policies.gate import Ask, Gate, Position, Transaction, Who
from runtime.clock import rfc3339
from runtime.objects import Objects
from snapshot.checks import ACTIVE, AGENT, DELEGATION
from snapshot.facts import next_revision
from snapshot.index import object_names
from snapshot.inspection import inspect_extract
from snapshot.keys import ImportVault
from snapshot.publishing import SnapshotStateError
from snapshot.report import ExtractRefusedError, ImportReport
from snapshot.shards import StoredSnapshot, store_snapshot
from snapshot.tables import State, snapshot_agents, snapshots
from snapshot.typed import type_rows

Progress = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class ImportedSnapshot:
    """A checked attempt, ready to publish."""

    attempt: str
    ref: SnapshotRef
    report: ImportReport


def import_extract(
    path: Path,
    as_of: datetime,
    *,
    who: Who,
    gate: Gate,
    vault: ImportVault,
    objects: Objects,
    catalogue: Catalogue,
    known_agents: Collection[str] | None = None,
    progress: Progress = lambda _: None,
) -> ImportedSnapshot:
    """Read, check and store an extract as a new attempt; `as_of` is aware.

    Raises ExtractRefusedError (recorded, nothing kept), the gate's errors, the vault's
    errors, and OSError when the file can't be read. `known_agents` are licences of the roster.
    """
    attempt = secrets.token_hex(16)
    progress("reading and checking")
    inspected = inspect_extract(path, as_of, catalogue, known_agents)
    report, source = inspected.report, Resource(kind="extract", id=f"sha256:{inspected.report.sha256}")
    if inspected.rows is None:
        with gate.transaction(who) as tx:
            _insert(tx, attempt, as_of, report, State.REFUSED)
            tx.record(
                Event.SNAPSHOT_REFUSED,
                Action.IMPORT_SNAPSHOT,
                source,
                outcome=Outcome.REFUSE,
                attempt=attempt,
                reason=report.findings[0].code.value,
            )
        raise ExtractRefusedError(report)
    with gate.transaction(who) as tx:
        asked = Ask(
            action=Action.IMPORT_SNAPSHOT,
            resource=Resource(kind="attempt", id=attempt),
            claims={"as_of": as_of},
        )
        pending = tx.decide(asked)
        _insert(tx, attempt, as_of, report, State.IMPORTING)
        tx.record(Event.SNAPSHOT_IMPORTING, Action.IMPORT_SNAPSHOT, source, attempt=attempt, because=pending)
    permit = pending.grant().index
    try:
        stored = _store(inspected.rows, attempt, permit, vault, objects, catalogue, progress)
    except BaseException:
        for name in object_names(attempt).values():
            objects.delete(name)
        raise
    # From here on the objects stay: who dies in the next line can't tell whether it was committed.
    ref = _keep(gate, who, attempt, as_of, stored, pending)
    return ImportedSnapshot(attempt=attempt, ref=ref, report=report)


def _insert(tx: Transaction, attempt: str, as_of: datetime, report: ImportReport, state: State) -> None:
    tx.connection.execute(
        insert(snapshots).values(
            attempt=attempt,
            as_of=rfc3339(as_of),
            state=state,
            source_sha256=report.sha256,
            rows=report.rows,
            agents=report.agents,
            begun_at=rfc3339(tx.now),
        )
    )


def _store(
    rows: pa.Table,
    attempt: str,
    permit: int,
    vault: ImportVault,
    objects: Objects,
    catalogue: Catalogue,
    progress: Progress,
) -> StoredSnapshot:
    active = rows.filter(pc.equal(rows.column(DELEGATION), ACTIVE))
    progress("asking the vault for keys")
    keys = vault.import_snapshot(
        permit,
        attempt=attempt,
        agents=_distinct(active, AGENT),
        consumers=_distinct(active, "consumer_id"),
        cases=_distinct(active, "case_number"),
    )
    typed = type_rows(active, catalogue)
    for name, column, pseudonyms in (
        (CONSUMER_PSEUDONYM, "consumer_id", keys.consumers),
        (CASE_PSEUDONYM, "case_number", keys.cases),
    ):
        typed = typed.append_column(name, _replace(active.column(column), pseudonyms))
    progress("sealing one shard per agent")
    stored = store_snapshot(typed, attempt, keys, objects, catalogue)
    if sum(stored.rows.values()) != active.num_rows:
        raise SnapshotStateError("what was stored doesn't reconcile with what was read")
    return stored


def _keep(
    gate: Gate, who: Who, attempt: str, as_of: datetime, stored: StoredSnapshot, permit: Position
) -> SnapshotRef:
    with gate.transaction(who) as tx:
        revision = next_revision(tx.connection, rfc3339(as_of))
        ref = SnapshotRef(as_of=rfc3339(as_of), revision=revision, digest=stored.digest)
        moved = tx.connection.execute(
            update(snapshots)
            .where(snapshots.c.attempt == attempt, snapshots.c.state == State.IMPORTING)
            .values(state=State.CHECKED, revision=revision, digest=stored.digest, checked_at=rfc3339(tx.now))
        )
        if moved.rowcount != 1:
            raise SnapshotStateError("the attempt ended meanwhile")
        held = [
            {"attempt": attempt, "agent": agent, "rows": rows} for agent, rows in sorted(stored.rows.items())
        ]
        if held:
            tx.connection.execute(insert(snapshot_agents), held)
        resource = Resource(kind="attempt", id=attempt)
        tx.record(
            Event.SNAPSHOT_CHECKED, Action.IMPORT_SNAPSHOT, resource, snapshot=ref, because=permit.index
        )
    return ref


def _distinct(rows: pa.Table, column: str) -> list[str]:
    values: list[str] = sorted(pc.unique(rows.column(column)).to_pylist())
    return values


def _replace(ids: pa.ChunkedArray, pseudonyms: Mapping[str, str]) -> pa.Array:
    encoded = ids.combine_chunks().dictionary_encode()
    values = pa.array([pseudonyms[each] for each in encoded.dictionary.to_pylist()], pa.string())
    return values.take(encoded.indices)
