"""Downloading a book by link: permitted, recorded before the first byte, counted by what went.

Laws
1. A permit (DownloadBook) opens the key once; for ten minutes further ranges of the same session
   go under it. Each range is a release of its own, started and ended in the ledger.
2. What is served is what the ledger says was built: the state, the build and the counts are
   looked at again in the very transaction that writes `release.started`.
3. A download counts when the union of the bytes that went is the whole; aborted ones spend
   nothing else. Downloads under way are counted as if they got through.
"""

from __future__ import annotations

import base64
from typing import Any
from uuid import uuid4

import structlog
from fastapi import Response

from api.errors import OvertakenError
from api.held_keys import HeldKey, HeldKeys
from api.ranges import holds, read_range
from api.release import Release
from api.signed_in import SignedIn
from audit.entry import Resource
from audit.events import Event
from delivery.books import open_stored_book
from exports.errors import WrongStateError
from exports.export import Export, read_export_id
from exports.spans import Span
from exports.states import DOWNLOADABLE
from house.wiring import House
from policies.actions import Action
from policies.gate import Ask, Transaction, UnrecordableError
from runtime.clock import rfc3339
from runtime.database import reading
from store.exports import export_by_id
from store.releases import (
    OpenRelease,
    close_release,
    count_downloads,
    keep_open,
    note_received,
    spans_under_way,
)

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def start_download(
    house: House,
    visitor: SignedIn,
    keys: HeldKeys,
    export: str,
    *,
    asked: str | None = None,
    if_range: str | None = None,
) -> Response:
    """Return the answer that sends a book, or the range of it that `asked` (a Range header) names.

    Raises RefusedError, ExportNotFoundError, WrongStateError, UnsatisfiableRangeError,
    OvertakenError, VaultError, UnrecordableError; then nothing was sent.
    """
    export = read_export_id(export)
    held = _find_held(house, visitor, keys, export)
    if held is None:
        held = _permit(house, visitor, export, asked, if_range)
        keys.keep(visitor.session.digest, held, house.clock.now())
    book = open_stored_book(held.grant, held.key, house.objects)
    found, span, is_part, release = _start_release(house, visitor, held, asked, if_range)

    def ended(sent: int) -> None:
        _end_release(house, visitor, held, release, sent)

    return Release(
        memoryview(book)[span[0] : span[1]],
        status=206 if is_part else 200,
        headers=_headers(found, span, is_part=is_part),
        ended=ended,
    )


def tag_of(export: Export) -> str:
    """Return a book's entity tag: its digest, as the ledger has it."""
    return f'"{export.book_digest}"'


def _find_held(house: House, visitor: SignedIn, keys: HeldKeys, export: str) -> HeldKey | None:
    """Return the key of an earlier range, while a new permit would say nothing else."""
    held = keys.find(visitor.session.digest, export, house.clock.now())
    if held is None:
        return None
    with reading(house.engine) as connection:
        found = export_by_id(connection, export)
        is_used_up = count_downloads(connection, found) >= house.policy.numbers.downloads_per_book
    return None if is_used_up or not _is_there(house, found, held) else held


def _permit(house: House, visitor: SignedIn, export: str, asked: str | None, if_range: str | None) -> HeldKey:
    """Decide and open: nothing is spent on an export that isn't there or a range that can't be had."""
    with house.gate.transaction(visitor.who) as tx:
        resource = Resource(kind="export", id=export)
        permit = tx.decide(Ask(action=Action.DOWNLOAD_BOOK, resource=resource))
        found = export_by_id(tx.connection, export)
        if found.state_at(tx.now) not in DOWNLOADABLE or found.built_fencing is None:
            raise WrongStateError(found.state_at(tx.now))
        _span_of(found, asked, if_range)
    grant = permit.grant()
    return HeldKey(grant=grant, recipient=permit.bound.recipient, key=house.vault.download_book(grant.index))


def _start_release(
    house: House, visitor: SignedIn, held: HeldKey, asked: str | None, if_range: str | None
) -> tuple[Export, Span, bool, OpenRelease]:
    with house.gate.transaction(visitor.who) as tx:
        found = export_by_id(tx.connection, held.grant.resource.id)
        if not _is_there(house, found, held):
            raise OvertakenError
        span, is_part = _span_of(found, asked, if_range)
        more = (*spans_under_way(tx.connection, found), span)
        if count_downloads(tx.connection, found, more=more) > house.policy.numbers.downloads_per_book:
            raise OvertakenError
        release = OpenRelease(
            id=str(uuid4()),
            export=found.id,
            fencing=found.built_fencing or 0,
            permit=held.grant.index,
            first=span[0],
            end=span[1],
            started_at=rfc3339(tx.now),
        )
        keep_open(tx.connection, release)
        length = span[1] - span[0]
        _record(
            tx, Event.RELEASE_STARTED, found, held, ranges=(span,), bytes=length, recipient=held.recipient
        )
    return found, span, is_part, release


def _end_release(house: House, visitor: SignedIn, held: HeldKey, release: OpenRelease, sent: int) -> None:
    """Record what went. Where that can't be recorded, the sweep ends the release as unknown."""
    went = ((release.first, release.first + sent),) if sent else ()
    state = "complete" if sent == release.end - release.first else "aborted"
    try:
        with house.gate.transaction(visitor.who) as tx:
            if close_release(tx.connection, release.id):
                found = export_by_id(tx.connection, release.export)
                _record(tx, Event.RELEASE_ENDED, found, held, state=state, bytes=sent, ranges=went or None)
                note_received(tx.connection, release.export, more=went)
    except UnrecordableError as error:
        structlog.get_logger().warning("release.unended", export=release.export, error=type(error).__name__)


def _is_there(house: House, found: Export, held: HeldKey) -> bool:
    return found.state_at(house.clock.now()) in DOWNLOADABLE and found.built_fencing == held.grant.fencing


def _span_of(found: Export, asked: str | None, if_range: str | None) -> tuple[Span, bool]:
    size = found.bytes or 0
    span = read_range(asked, size) if holds(if_range, tag_of(found)) else None
    return span or (0, size), span is not None


def _headers(found: Export, span: Span, *, is_part: bool) -> dict[str, str]:
    digest = found.book_digest or ""
    headers = {
        "Content-Type": MEDIA_TYPE,
        "Content-Disposition": f'attachment; filename="{found.file_name}"',
        "Accept-Ranges": "bytes",
        "ETag": tag_of(found),
        # RFC 9530: the digest of the whole, whichever part this answer has.
        "Repr-Digest": f"sha-256=:{base64.b64encode(bytes.fromhex(digest)).decode()}:",
        "X-Content-SHA256": digest,
    }
    part = {"Content-Range": f"bytes {span[0]}-{span[1] - 1}/{found.bytes}"} if is_part else {}
    return headers | part


def _record(tx: Transaction, event: Event, export: Export, held: HeldKey, **fields: Any) -> None:
    tx.record(
        event,
        Action.DOWNLOAD_BOOK,
        held.grant.resource,
        because=held.grant,
        agent=export.agent,
        export=export.id,
        fencing=held.grant.fencing,
        channel=export.channel,
        book=export.book_digest,
        **fields,
    )
