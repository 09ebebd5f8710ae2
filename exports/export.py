"""One export as the house remembers it: a frozen record, never consumers' data."""

from __future__ import annotations

from dataclasses import dataclass

from exports.states import Reason, State, Step
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

    @property
    def file_name(self) -> str:
        """The workbook's name as the agent has it: the day of the data, in Pacific time."""
        as_of = parse_rfc3339(self.snapshot_as_of or "").astimezone(PACIFIC)
        return f"Book-of-Business-{as_of:%Y-%m-%d}.xlsx"

    @property
    def object_name(self) -> str:
        """The stored book's name; it carries the fencing token, so a late put can't overwrite."""
        return f"books/{self.id}.{self.built_fencing}"


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A worker's lease on an export: every later write proves this fencing token."""

    export: str
    owner: str
    fencing: int
    state: State
