"""Whose sign-in is locked now (rule R14), by the ledger."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from audit.events import Event, Outcome
from audit.lookups import actors_of
from identity.people import Person
from policies.actions import Action
from policies.numbers import Numbers
from runtime.clock import rfc3339
from store.people import PersonNotFoundError, person_by_id
from store.standing import failed_factors


def locked_people(connection: Connection, numbers: Numbers, now: datetime) -> list[tuple[Person, int]]:
    """Return who is locked with how often they failed, by name."""
    since = rfc3339(now - timedelta(seconds=numbers.failed_factors_window_seconds))
    failing = actors_of(
        connection,
        action=Action.SIGN_IN.value,
        event=Event.SESSION_REQUESTED,
        outcome=Outcome.REFUSE,
        since=since,
    )
    locked = []
    for actor in failing:
        failed = failed_factors(connection, actor, numbers, now)
        if failed < numbers.failed_factors_before_lock:
            continue
        try:
            locked.append((person_by_id(connection, actor), failed))
        except PersonNotFoundError:
            continue
    return sorted(locked, key=lambda one: one[0].papers.name)
