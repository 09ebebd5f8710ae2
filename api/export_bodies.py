"""What a request for an export may say, and how an export is shown: exactly these fields."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool
from sqlalchemy import Connection

from audit.counts import count_entries
from audit.events import Event
from exports.export import Export
from policies.actions import Action
from store.releases import count_downloads

PURPOSES = frozenset({"service-delegated-consumers", "agency-oversight", "consumer-request", "audit"})
OTHER_PURPOSE = "other"


class AskedExport(BaseModel):
    """What is asked for. Without `agent` it is one's own book; a manager names an agent's licence."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    purpose: str = Field(min_length=1, max_length=64, examples=["service-delegated-consumers"])
    channel: Literal["link", "email"] = Field(
        default="link",
        description="`link`: download in the portal; `email`: the sealed book to the registered address",
    )
    acknowledged: StrictBool = Field(
        default=False, description="the privacy acknowledgement was read and accepted"
    )
    agent: str | None = Field(default=None, pattern=r"^[0-9A-Z]{4,16}$")


class SnapshotBody(BaseModel):
    """Which frozen data a book was made of."""

    as_of: str
    revision: int
    digest: str


class ExportBody(BaseModel):
    """An export as its requester sees it; moments are RFC 3339 in UTC, digests SHA-256 hex."""

    id: str
    state: str
    stage: str | None
    reason: str | None
    next_at: str | None
    channel: str
    agent: str
    created_at: str
    expires_at: str | None
    rows: int | None
    withheld: int | None
    columns: int | None
    bytes: int | None
    snapshot: SnapshotBody | None
    book: str | None
    downloads: int
    reveals: int


class OthersExportBody(BaseModel):
    """That somebody else asked for one's book, and how that stands; nothing of it opens with this."""

    id: str
    state: str
    channel: str
    created_at: str
    requested_by: str = Field(description="the role of who asked")


class ExportList(BaseModel):
    """One's own exports, and others' of one's own book; newest first."""

    items: list[ExportBody]
    others: list[OthersExportBody]


class Passphrase(BaseModel):
    """What opens a book, and how often it may still be shown."""

    passphrase: str = Field(repr=False)
    reveals_left: int


def purpose_code(purpose: str) -> str:
    """Return a purpose as the ledger may have it: what isn't on the list is `other`, never free text."""
    return purpose if purpose in PURPOSES else OTHER_PURPOSE


def show_export(connection: Connection, export: Export, now: datetime) -> ExportBody:
    """Return an export as its requester sees it now; what was handed over is counted in the ledger."""
    snapshot = None
    if export.snapshot_as_of and export.snapshot_digest and export.snapshot_revision is not None:
        snapshot = SnapshotBody(
            as_of=export.snapshot_as_of, revision=export.snapshot_revision, digest=export.snapshot_digest
        )
    return ExportBody(
        id=export.id,
        state=export.state_at(now).value,
        stage=export.stage.value if export.stage else None,
        reason=export.reason.value if export.reason else None,
        # A notice that was given up isn't tried again: its export waits for its end.
        next_at=None if export.next_at == export.expires_at else export.next_at,
        channel=export.channel,
        agent=export.agent,
        created_at=export.created_at,
        expires_at=export.expires_at,
        rows=export.rows,
        withheld=export.withheld,
        columns=export.columns,
        bytes=export.bytes,
        snapshot=snapshot,
        book=export.book_digest,
        downloads=count_downloads(connection, export),
        reveals=count_reveals(connection, export.id),
    )


def count_reveals(connection: Connection, export: str) -> int:
    """Return how often an export's passphrase was shown, by the ledger."""
    return count_entries(
        connection, event=Event.RELEASE_STARTED, action=Action.REVEAL_PASSPHRASE.value, export=export
    )
