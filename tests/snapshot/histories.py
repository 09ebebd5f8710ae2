"""Published snapshots as far as delegations know them: who was delegated to whom, week by week."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import count

from sqlalchemy import Engine, insert, update

from runtime.clock import rfc3339
from runtime.database import writing
from snapshot.pairs import PairSet, pack_pair
from snapshot.tables import (
    State,
    delegation_changes,
    delegation_ends,
    delegation_imports,
    delegation_pairs,
    snapshots,
)
from snapshot.upkeep import write_changes
from tests.snapshot.extracts import AS_OF

_numbers = count()


def week(place: int) -> datetime:
    """Return a week's cut-off."""
    return AS_OF + timedelta(weeks=place)


def a_week(engine: Engine, place: int, held: Iterable[tuple[str, str]], *, revision: int = 1) -> str:
    """Publish a week that holds pairs of a pseudonym and an agent; return its attempt."""
    attempt = a_checked_week(engine, place, held, revision=revision)
    put_in_force(engine, attempt)
    return attempt


def a_checked_week(engine: Engine, place: int, held: Iterable[tuple[str, str]], *, revision: int = 1) -> str:
    """Import a week and leave it unpublished; return its attempt."""
    attempt = f"week-{next(_numbers)}"
    with writing(engine) as connection:
        connection.execute(
            insert(snapshots).values(
                attempt=attempt,
                as_of=rfc3339(week(place)),
                revision=revision,
                state=State.CHECKED,
                source_sha256="",
                rows=0,
                agents=0,
                begun_at="",
            )
        )
    pairs = PairSet()
    pairs.add(pack_pair(*pair) for pair in held)
    write_changes(engine, attempt, pairs)
    return attempt


def put_in_force(engine: Engine, attempt: str) -> None:
    """Publish a week that was imported."""
    with writing(engine) as connection:
        mine = snapshots.c.attempt == attempt
        connection.execute(update(snapshots).where(mine).values(state=State.PUBLISHED))


def clear(engine: Engine) -> None:
    """Forget every week and every end."""
    with writing(engine) as connection:
        for table in (
            delegation_ends,
            delegation_pairs,
            delegation_changes,
            delegation_imports,
            snapshots,
        ):
            connection.execute(table.delete())
