"""One export as the house remembers it: a frozen record, never consumers' data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from exports.errors import ExportNotFoundError
from exports.states import ENDABLE, Reason, State, Step
from runtime.clock import PACIFIC, parse_rfc3339


@dataclass(frozen=True, kw_only=True)
class Export:
    """One row of the exports table. Moments are RFC 3339 text, digests SHA-256 hex."""

    id: str
    state: State
    stage: Step | None
    reason: Reason | None
    requester: str
    agent: str
    purpose: str
    profile: str
    channel: str
    created_at: str
    expires_at: str | None
    next_at: str | None
    tries: int
    fencing: int
    built_fencing: int | None
    snapshot_as_of: str | None
    snapshot_revision: int | None
    snapshot_digest: str | None
    book_digest: str | None
    rows: int | None
    withheld: int | None
    columns: int | None
    bytes: int | None

    def state_at(self, now: datetime) -> State:
        """Return the state as it counts at a moment: over is over, also before the sweep says so."""
        is_over = self.expires_at is not None and parse_rfc3339(self.expires_at) <= now
        return State.EXPIRED if is_over and self.state in ENDABLE else self.state

    @property
    def file_name(self) -> str:
        """The workbook's name as the agent has it: the day of the data, in Pacific time."""
        as_of = parse_rfc3339(self.snapshot_as_of or "").astimezone(PACIFIC)
        return f"Book-of-Business-{as_of:%Y-%m-%d}.xlsx"

    def as_fields(self) -> dict[str, Any]:
        """Return what an entry about its book says, by the entry's names: whose, which, and its digest."""
        return {
            "agent": self.agent,
            "export": self.id,
            "fencing": self.built_fencing,
            "channel": self.channel,
            "book": self.book_digest,
        }


def stored_name(export: str, fencing: int) -> str:
    """Return a stored book's name; it carries the fencing token, so a late put can't overwrite."""
    return f"books/{export}.{fencing}"


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A worker's lease on an export: every later write proves this fencing token."""

    export: str
    owner: str
    fencing: int
    state: State


def read_export_id(text: str) -> str:
    """Return an export's id in its one form; what isn't one names nothing: ExportNotFoundError."""
    try:
        return str(UUID(text))
    except ValueError:
        raise ExportNotFoundError("there is no such export") from None
