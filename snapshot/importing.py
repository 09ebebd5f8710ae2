"""From a file to a published snapshot, under the gate (VAULT.md, the walk "Import").

Laws
1. Checks come first: a refused extract never asks for a permit or a key, and leaves one
   entry with the file's digest and nothing else.
2. Every attempt has a fresh id. A crash leaves an attempt that nobody publishes.
3. What fails after the permit leaves no object; its key dies under the sweep, which finds
   the attempt abandoned.
"""

from __future__ import annotations

import gc
import os
import secrets
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import insert

from audit.entry import Resource, SnapshotRef
from audit.events import Event, Outcome
from policies.actions import Action
from policies.gate import Ask, Gate, Pending, Transaction, Who
from runtime.clock import rfc3339
from runtime.database import reading
from runtime.objects import Objects
from snapshot.assembling import Assembly
from snapshot.facts import FIRST_REVISION, next_revision
from snapshot.forbidden import Forbidden
from snapshot.index import object_names
from snapshot.inspection import Inspector
from snapshot.keeping import Checked, keep
from snapshot.keys import ImportVault
from snapshot.manifest import Manifest
from snapshot.pairs import PairSet
from snapshot.publishing import SnapshotStateError
from snapshot.reasons import Correction
from snapshot.report import ExtractRefusedError, ImportReport
from snapshot.sources import FileSource, Source, open_extract
from snapshot.spool import Spool
from snapshot.tables import State, snapshots
from snapshot.upkeep import write_agents, write_changes

Progress = Callable[[str], None]
_BUCKET_BYTES, _LEAST_BUCKET_BYTES = 32 * 1024 * 1024, 8 * 1024 * 1024
_SOME_BUCKETS, _MANY_BUCKETS = 8, 64


@dataclass(frozen=True, kw_only=True)
class ImportedSnapshot:
    """A checked attempt, ready to publish."""

    attempt: str
    ref: SnapshotRef
    report: ImportReport


def import_extract(
    source: Source | Path,
    as_of: datetime,
    *,
    who: Who,
    gate: Gate,
    vault: ImportVault,
    objects: Objects,
    known_agents: Collection[str] | None = None,
    manifest: Manifest | None = None,
    reason: Correction | None = None,
    scratch: Path | None = None,
    progress: Progress = lambda _: None,
) -> ImportedSnapshot:
    """Read, check and store an extract as a new attempt; `as_of` is aware.

    Raises ExtractRefusedError (recorded, nothing kept), the gate's errors, the vault's
    errors, and OSError when the file can't be read. Catalogue and never-export list are those of the
    gate's policy set; `known_agents` are licences of the roster;
    `manifest` is what the exchange says of the file, believed by the caller; `reason` is why it
    corrects what is in force of this Friday, without which SnapshotStateError (of a first revision
    nothing is corrected, and none is kept);
    `scratch` is the folder of the spool, else the system's for temporary files.
    """
    with reading(gate.engine) as connection:
        if next_revision(connection, rfc3339(as_of)) == FIRST_REVISION:
            reason = None
        elif reason is None:
            raise SnapshotStateError(
                "data of this Friday are in force: say why these correct them, "
                f"--reason {'|'.join(Correction)}"
            )
    policy = gate.policy
    names = [column.name for column in policy.catalogue.columns]
    attempt = secrets.token_hex(16)
    origin = FileSource(source) if isinstance(source, Path) else source
    with _sparing_the_collector(), ExitStack() as stack:
        extract = stack.enter_context(open_extract(origin, names))
        spool = stack.enter_context(Spool(scratch, _buckets(origin.size)))
        workers = stack.enter_context(ThreadPoolExecutor(os.cpu_count() or 1))
        inspector = Inspector(
            as_of=as_of,
            catalogue=policy.catalogue,
            forbidden=Forbidden.of(policy.never),
            spool=spool,
            workers=workers,
            manifest=manifest,
        )
        inspected = inspector.inspect(extract, known_agents=known_agents, progress=progress)
        report = inspected.report
        if report.refused:
            _refuse(gate, who, attempt, as_of, report)
            raise ExtractRefusedError(report)
        pending = _begin(gate, who, attempt, as_of, report, reason)
        pairs = PairSet()
        permit = pending.grant().index
        assembly = Assembly(attempt, permit, vault, objects, policy.catalogue, spool, workers, pairs)
        try:
            stored = assembly.seal(inspected.active, progress)
            progress("noting which delegations began and ended")
            kept = write_changes(gate.engine, attempt, pairs)
            write_agents(gate.engine, attempt, stored.rows)
        except BaseException:
            for name in object_names(attempt).values():
                objects.delete(name)
            raise
    # From here on the objects stay: who dies in the next line can't tell whether it was committed.
    checked = Checked(attempt=attempt, as_of=as_of, report=report, stored=stored, kept=kept)
    ref, changes = keep(gate, who, checked, pending)
    drift = changes.drift(policy.numbers) if changes else ()
    return ImportedSnapshot(attempt=attempt, ref=ref, report=replace(report, changes=changes, drift=drift))


@contextmanager
def _sparing_the_collector() -> Iterator[None]:
    """Keep what is there already from being walked at each collection: a twelfth of a small import's time."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _buckets(size: int | None) -> int:
    """Return into how many parts rows go: few enough to write, enough to keep all processors sealing."""
    if size is None:
        return _MANY_BUCKETS
    return max(1 + size // _BUCKET_BYTES, min(_SOME_BUCKETS, 1 + size // _LEAST_BUCKET_BYTES))


def _source(report: ImportReport) -> Resource:
    return Resource(kind="extract", id=f"sha256:{report.sha256}")


def _refuse(gate: Gate, who: Who, attempt: str, as_of: datetime, report: ImportReport) -> None:
    with gate.transaction(who) as tx:
        _insert(tx, attempt, as_of, report, State.REFUSED)
        tx.record(
            Event.SNAPSHOT_REFUSED,
            Action.IMPORT_SNAPSHOT,
            _source(report),
            outcome=Outcome.REFUSE,
            attempt=attempt,
            reason=report.findings[0].code.value,
        )


def _begin(
    gate: Gate, who: Who, attempt: str, as_of: datetime, report: ImportReport, reason: Correction | None
) -> Pending:
    with gate.transaction(who) as tx:
        asked = Ask(
            action=Action.IMPORT_SNAPSHOT,
            resource=Resource(kind="attempt", id=attempt),
            claims={"as_of": as_of},
        )
        pending = tx.decide(asked)
        _insert(tx, attempt, as_of, report, State.IMPORTING, reason)
        tx.record(
            Event.SNAPSHOT_IMPORTING,
            Action.IMPORT_SNAPSHOT,
            _source(report),
            attempt=attempt,
            because=pending,
            reason=reason,
        )
    return pending


def _insert(
    tx: Transaction,
    attempt: str,
    as_of: datetime,
    report: ImportReport,
    state: State,
    reason: Correction | None = None,
) -> None:
    tx.connection.execute(
        insert(snapshots).values(
            attempt=attempt,
            as_of=rfc3339(as_of),
            state=state,
            source_sha256=report.sha256,
            rows=report.rows,
            agents=report.agents,
            begun_at=rfc3339(tx.now),
            reason=reason,
        )
    )
