"""Reviews of the log as the ledger tells of them (rule R27)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from audit.events import Event
from audit.lookups import entries_of, newest_of
from policies.actions import Action

LARGE_EXPORT = "large-export"
"""The reason in the entry of a book with more rows than compliance wants to hear of."""


@dataclass(frozen=True, kw_only=True)
class Reviewed:
    """An attested review: who, when (RFC 3339), and the entry's index; entries before it were covered."""

    person: str
    at: str
    index: int


def last_review(connection: Connection) -> Reviewed | None:
    """Return the newest attested review."""
    found = newest_of(connection, action=Action.READ_LEDGER.value, event=Event.LEDGER_REVIEWED)
    if found is None:
        return None
    return Reviewed(person=found.entry.actor.id, at=found.entry.at, index=found.index)


def large_exports(connection: Connection, since: str) -> list[str]:
    """Return the exports whose books were large, since a moment (RFC 3339), oldest first."""
    built = entries_of(connection, action=Action.BUILD_BOOK.value, events={Event.EXPORT_BUILT}, since=since)
    return [one.entry.export or "" for one in built if one.entry.reason == LARGE_EXPORT]
