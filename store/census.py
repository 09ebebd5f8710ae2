"""How many exports stand where: numbers alone, for status and metrics."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select

from exports.states import State
from store.exports import due_exports
from store.tables import exports, people

_MOST_DUE = 100_000


def exports_by_state(connection: Connection) -> dict[State, int]:
    """Count exports by state; every state has a number."""
    query = select(exports.c.state, func.count()).group_by(exports.c.state)
    found = {row[0]: row[1] for row in connection.execute(query)}
    return {state: found.get(state.value, 0) for state in State}


def count_due(connection: Connection, now: datetime) -> int:
    """Count the exports that a worker should take up now."""
    return len(due_exports(connection, now, limit=_MOST_DUE))


def count_people(connection: Connection) -> int:
    """Return how many people the house knows."""
    return connection.execute(select(func.count()).select_from(people)).scalar_one()
