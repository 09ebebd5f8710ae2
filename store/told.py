"""What the ledger tells of exports, held against their rows: which stand otherwise than told.

Law: each move of an export's state but two has an entry that names the state and the book. `accepted`
is the request's permit itself; `received` follows from releases that ended. Of an export whose
entries were pruned nothing is told any more.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, func, select

from audit.events import Event
from audit.pruning import pruned_until
from audit.tables import ledger_entries
from exports.states import State
from store.tables import exports

_TELLING = (
    Event.EXPORT_BUILT,
    Event.EXPORT_DEFERRED,
    Event.EXPORT_SENDING,
    Event.EXPORT_SENT,
    Event.EXPORT_UNKNOWN,
    Event.EXPORT_FAILED,
    Event.EXPORT_EXPIRED,
    Event.EXPORT_REVOKED,
    Event.EXPORT_PURGED,
)
_THEN_RECEIVED = frozenset({State.BUILT, State.SENT, State.UNKNOWN})


def untold_exports(connection: Connection) -> list[str]:
    """Return the ids of the exports whose state, book or build isn't what their entries tell, in order."""
    told = _newest(connection, *_TELLING)
    built = _newest(connection, Event.EXPORT_BUILT)
    released = _newest(connection, Event.RELEASE_ENDED)
    found = connection.execute(
        select(exports.c.id, exports.c.state, exports.c.book_digest, exports.c.built_fencing).where(
            exports.c.created_at > pruned_until(connection)
        )
    ).all()
    untold: list[str] = []
    for export, state, book, fencing in found:
        said = State(told[export]["state"]) if export in told else State.ACCEPTED
        is_received = state == State.RECEIVED and said in _THEN_RECEIVED and export in released
        made = built.get(export, {})
        is_book = fencing is None or (book, fencing) == (made.get("book"), made.get("fencing"))
        if not is_book or not (state == said or is_received):
            untold.append(export)
    return sorted(untold)


def _newest(connection: Connection, *events: Event) -> dict[str, dict[str, Any]]:
    """Return the newest entry of these events of each export, as it is written."""
    entry = ledger_entries.c
    last = (
        select(func.max(entry["index"]).label("place"))
        .where(entry.export.is_not(None), entry.event.in_(events))
        .group_by(entry.export)
        .subquery()
    )
    query = select(entry.export, entry.entry).join(last, entry["index"] == last.c.place)
    return {export: json.loads(data) for export, data in connection.execute(query)}
