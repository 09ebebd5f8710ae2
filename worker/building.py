"""From a permit to a stored book: the first half of the walk "By mail".

Consumers' rows are in memory only from here to the sealed book; nothing of them is written
down in clear. tx3 commits `built` with the root over the consumers' pseudonyms; from then
on the key that the vault minted is adopted.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy import Connection

from audit.entry import Consumers, consumers_root, new_salt
from audit.events import Event
from book.errors import BookError
from book.fingerprints import Prints
from book.notice import Notice
from book.seal import SealedBook, seal_book
from delivery.books import put_book
from exports.expiry import book_expiry
from exports.export import Claim, Export
from exports.states import Reason, State, Step
from house.notices import notice_of
from house.tracing import changes_since_last, fingerprinter_of
from house.wiring import WorkerHouse
from policies.actions import Action
from policies.arrow_types import CONSUMER_PSEUDONYM
from policies.grant import Grant
from policies.rescan import find_in_table
from policies.table import PermittedTable, PermittedTableError, permit_table
from runtime.clock import parse_rfc3339, rfc3339
from runtime.database import hold, reading
from snapshot.ended import ended_in
from snapshot.published import PublishedSnapshot
from snapshot.shards import ShardError, open_rows
from store.destruction import note_built
from store.exports import export_by_id, move_export
from store.fingerprints import keep_prints
from store.people import person_by_id, person_by_licence
from store.reviews import LARGE_EXPORT
from vault.answers import BuildKeys
from vault.errors import VaultError
from worker.ends import EndedError, PutOffError
from worker.service import SERVICE, resource_of


def build_book(
    house: WorkerHouse,
    claim: Claim,
    grant: Grant,
    snapshot: PublishedSnapshot,
    reached: Callable[[Step], None],
) -> None:
    """Build, seal, store and record one book. Raises PutOffError, EndedError, LostClaimError."""
    minted = house.mint.mint()
    try:
        keys = house.vault.build_book(
            grant.index, published=snapshot.published_entry, passphrase=minted.passphrase
        )
    except VaultError:
        raise PutOffError(Reason.VAULT_REFUSED) from None
    reached(Step.OPENED)
    table = _open_table(house, grant, snapshot, keys)
    prints = fingerprinter_of(house).of_table(table)
    with reading(house.engine) as connection:
        export = export_by_id(connection, claim.export)
        requester = person_by_id(connection, export.requester)
        agent = person_by_licence(connection, export.agent)
        changes = changes_since_last(connection, export.id, table, prints)
    notice = notice_of(
        house.settings,
        export,
        agent,
        requester,
        snapshot,
        table,
        access_ends=_access_ends(house, export),
        changes=changes,
    )
    try:
        sealed = seal_book(table, notice, house.policy.catalogue, minted)
    except BookError:
        raise EndedError(State.FAILED, Reason.BOOK_BROKEN) from None
    reached(Step.SEALED)
    put_book(grant, keys.book, house.objects, sealed, recipient=requester.papers.licence)
    reached(Step.STORED)
    _keep_built(house, claim, grant, table, sealed, notice, prints)
    reached(Step.BUILT)


def _access_ends(house: WorkerHouse, export: Export) -> datetime:
    numbers = house.policy.numbers
    return book_expiry(
        parse_rfc3339(export.created_at),
        days=numbers.book_expires_days,
        business_days=numbers.book_expires_business_days,
    )


def _open_table(
    house: WorkerHouse, grant: Grant, snapshot: PublishedSnapshot, keys: BuildKeys
) -> PermittedTable:
    try:
        rows = open_rows(grant, keys, house.objects, snapshot)
        ended = _ended(house, grant, rows[CONSUMER_PSEUDONYM].to_pylist())
        table = permit_table(grant, rows, house.policy.catalogue, ended=ended)
    except (ShardError, PermittedTableError):
        raise EndedError(State.FAILED, Reason.SNAPSHOT_BROKEN) from None
    if not table.data.num_rows:
        raise EndedError(State.FAILED, Reason.DELEGATION_CHANGED)
    found = find_in_table(table, house.policy.never)
    if found is not None:
        structlog.get_logger().error("book.never_exported", export=grant.export, code=found.code)
        raise EndedError(State.FAILED, Reason.NEVER_EXPORTED)
    return table


def _ended(house: WorkerHouse, grant: Grant, pseudonyms: list[str]) -> frozenset[str]:
    with reading(house.engine) as connection:
        return _ended_in(connection, grant, pseudonyms)


def _ended_in(connection: Connection, grant: Grant, among: list[str] | None) -> frozenset[str]:
    """Return whose delegation ended since the cut-off of the permit's snapshot (R06)."""
    if grant.agent is None or grant.snapshot is None:
        return frozenset()
    return ended_in(connection, grant.agent, grant.snapshot.as_of, grant.snapshot.revision, among)


def _keep_built(
    house: WorkerHouse,
    claim: Claim,
    grant: Grant,
    table: PermittedTable,
    sealed: SealedBook,
    notice: Notice,
    prints: Prints,
) -> None:
    """tx3: `built`, with what the disclosure will be proved by."""
    if grant.snapshot is None:
        raise EndedError(State.FAILED, Reason.NO_SNAPSHOT)
    salt = new_salt()
    root = consumers_root(salt, table.pseudonyms).hex()
    with house.gate.transaction(SERVICE) as tx:
        # A feed that ends a delegation holds the same name: it comes before this look, or finds the book.
        hold(tx.connection, f"agent:{grant.agent}")
        if len(_ended_in(tx.connection, grant, None)) > table.withheld:
            raise PutOffError(Reason.DELEGATION_CHANGED)
        move_export(
            tx.connection,
            claim,
            State.ACCEPTED,
            State.BUILT,
            built_fencing=claim.fencing,
            snapshot_as_of=grant.snapshot.as_of,
            snapshot_revision=grant.snapshot.revision,
            snapshot_digest=grant.snapshot.digest,
            book_digest=sealed.sha256,
            rows=sealed.rows,
            withheld=table.withheld,
            columns=len(table.columns),
            bytes=len(sealed.data),
            tries=0,
            reason=None,
            next_at=None,
            expires_at=rfc3339(notice.access_ends),
        )
        note_built(tx.connection, claim.export, claim.fencing)
        keep_prints(
            tx.connection,
            claim.export,
            claim.fencing,
            snapshot_as_of=grant.snapshot.as_of,
            columns_digest=table.columns_digest,
            made_at=rfc3339(house.clock.now()),
            prints=prints.encode(),
        )
        tx.record(
            Event.EXPORT_BUILT,
            Action.BUILD_BOOK,
            resource_of(claim.export),
            because=grant,
            salt=salt,
            agent=grant.agent,
            export=claim.export,
            fencing=claim.fencing,
            snapshot=grant.snapshot,
            book=sealed.sha256,
            columns_digest=table.columns_digest,
            consumers=Consumers(count=len(table.pseudonyms), withheld=table.withheld, root=root),
            bytes=len(sealed.data),
            state=State.BUILT.value,
            reason=LARGE_EXPORT if sealed.rows > house.policy.numbers.large_export_rows else None,
        )
