"""Exports whose rows say other than the ledger: rolled back or changed behind it.

Law: what matters is what could open a book again. A row that lives although its end is recorded,
and one that has a book although none was recorded as built, are contradictions.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, Connection, exists, or_, select

from audit.events import Event, Outcome
from audit.stored import answering
from audit.tables import ledger_entries
from exports.states import State
from store.tables import exports

_ENDS: Final = (Event.EXPORT_FAILED, Event.EXPORT_EXPIRED, Event.EXPORT_REVOKED, Event.EXPORT_PURGED)
_WITH_BOOK: Final = (State.BUILT, State.SENDING, State.SENT, State.UNKNOWN, State.RECEIVED)
_MOST: Final = 1000


def contradicted_exports(connection: Connection) -> list[str]:
    """Return the ids of such exports, a thousand at most."""
    state = exports.c.state
    has_book = state.in_([each.value for each in _WITH_BOOK])
    lives = or_(has_book, state == State.ACCEPTED.value)
    wrong = or_(lives & _recorded(*_ENDS), has_book & ~_recorded(Event.EXPORT_BUILT))
    with answering():
        return list(connection.execute(select(exports.c.id).where(wrong).limit(_MOST)).scalars())


def _recorded(*events: Event) -> ColumnElement[bool]:
    """Say that the ledger has one of these events of the export."""
    entry = ledger_entries.c
    named = [event.value for event in events]
    done = entry.outcome == Outcome.DONE.value
    return exists().where(entry.export == exports.c.id, entry.event.in_(named), done)
