"""Downloads: which are under way, and how often a book was had whole.

Law: what was served is counted from the ledger's `release.ended` entries, never from a table of
ours; the table only remembers what started and hasn't ended, so that a crash doesn't leave a
release open for good.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from audit.counts import find_entries
from audit.events import Event
from exports.export import Export
from exports.spans import Span, count_wholes
from exports.states import State
from policies.actions import Action
from runtime.clock import rfc3339
from store.exports import export_by_id, move_unclaimed
from store.tables import open_releases

_BECOMES_RECEIVED = frozenset({State.BUILT, State.SENT, State.UNKNOWN})


@dataclass(frozen=True, kw_only=True)
class OpenRelease:
    """Bytes [first, end) of a book on their way out; `permit` is the ledger index of what permitted it."""

    id: str
    export: str
    fencing: int
    permit: int
    first: int
    end: int
    started_at: str


def keep_open(connection: Connection, release: OpenRelease) -> None:
    """Remember a release that starts in this transaction."""
    connection.execute(open_releases.insert().values(asdict(release)))


def close_release(connection: Connection, release: str) -> bool:
    """Forget a release that ends in this transaction; False when it was ended by somebody else."""
    return connection.execute(open_releases.delete().where(open_releases.c.id == release)).rowcount == 1


def lost_releases(connection: Connection, before: datetime) -> list[OpenRelease]:
    """Return the releases that started before a moment and never ended."""
    query = select(open_releases).where(open_releases.c.started_at < rfc3339(before))
    return [OpenRelease(**row) for row in connection.execute(query).mappings()]


def count_downloads(connection: Connection, export: Export, *, more: tuple[Span, ...] = ()) -> int:
    """Return how often an export's present book was downloaded whole, by the ledger.

    With `more`, how often it would be once those bytes were served too.
    """
    if export.bytes is None or export.channel != "link":
        return 0
    ended = find_entries(
        connection, event=Event.RELEASE_ENDED, export=export.id, action=Action.DOWNLOAD_BOOK.value
    )
    served = [span for entry in ended if entry.fencing == export.built_fencing for span in entry.ranges or ()]
    return count_wholes([*served, *more], export.bytes)


def spans_under_way(connection: Connection, export: Export) -> tuple[Span, ...]:
    """Return the bytes of an export's present book that are on their way out now."""
    mine = open_releases.c.export == export.id, open_releases.c.fencing == export.built_fencing
    query = select(open_releases.c.first, open_releases.c.end).where(*mine)
    return tuple((row.first, row.end) for row in connection.execute(query))


def note_received(connection: Connection, export: str, *, more: tuple[Span, ...] = ()) -> None:
    """Move an export by link to `received` once its book was downloaded whole.

    `more` are bytes whose entry this transaction is about to append.
    """
    found = export_by_id(connection, export)
    if found.state in _BECOMES_RECEIVED and count_downloads(connection, found, more=more):
        move_unclaimed(connection, export, found.state, State.RECEIVED, reason=None, next_at=None)
