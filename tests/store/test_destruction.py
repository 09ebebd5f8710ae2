"""Tests of minted keys: adopted once, or due for destruction."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from exports.errors import LostClaimError
from exports.states import ENDABLE, WORKABLE, State
from runtime.clock import PACIFIC
from runtime.database import reading, writing
from store.destruction import (
    book_object,
    gone_everywhere,
    is_due,
    note_built,
    note_destroyed,
    note_destroying,
    note_permitted,
    orphaned_books,
)
from tests.installation import SATURDAY
from tests.store.makers import an_export

EXPORT = "0b6ab0b2-52a6-4b3e-9d7b-6c7f3a1a9a11"
DAY = 86_400
KEPT_DAYS = 400
LATE = SATURDAY + timedelta(seconds=DAY)


def orphans(connection: Connection) -> list[tuple[str, int]]:
    """Return the orphans of a day after Saturday."""
    return orphaned_books(connection, LATE, DAY)


def due(connection: Connection, name: str) -> bool:
    """Tell whether an object is due a day after Saturday."""
    return is_due(connection, name, LATE, orphan_seconds=DAY, kept_days=KEPT_DAYS)


def test_an_unadopted_key_is_an_orphan_after_its_age(engine: Engine) -> None:
    """A key that no book came of is due from the orphan age on, not a moment before."""
    with writing(engine) as connection:
        note_permitted(connection, EXPORT, 1, SATURDAY)
        just_before = LATE - timedelta(microseconds=1)
        assert [] == orphaned_books(connection, just_before, DAY)
        assert not is_due(
            connection, book_object(EXPORT, 1), just_before, orphan_seconds=DAY, kept_days=KEPT_DAYS
        )
        assert [(EXPORT, 1)] == orphans(connection)
        assert due(connection, book_object(EXPORT, 1))


def test_an_adopted_key_is_none(engine: Engine) -> None:
    """Once a book was recorded, its key is no orphan; another token's stays one."""
    with writing(engine) as connection:
        note_permitted(connection, EXPORT, 1, SATURDAY)
        note_permitted(connection, EXPORT, 2, SATURDAY)
        note_built(connection, EXPORT, 2)
        assert [(EXPORT, 1)] == orphans(connection)
        assert not due(connection, book_object(EXPORT, 2))


def test_a_key_is_adopted_once(engine: Engine) -> None:
    """A key that is built already, was never minted, or is being destroyed isn't adopted."""
    with writing(engine) as connection:
        for fencing in (1, 2, 3):
            note_permitted(connection, EXPORT, fencing, SATURDAY)
        note_built(connection, EXPORT, 1)
        note_destroying(connection, EXPORT, 2)
        note_destroyed(connection, EXPORT, 3)
        for fencing in (1, 2, 3, 4):
            with pytest.raises(LostClaimError):
                note_built(connection, EXPORT, fencing)


def test_a_begun_destruction_is_taken_up_again(engine: Engine) -> None:
    """A destruction that a crash cut off stays due at any age, until it is noted as done."""
    with writing(engine) as connection:
        note_permitted(connection, EXPORT, 1, LATE)
        note_destroying(connection, EXPORT, 1)
        assert [(EXPORT, 1)] == orphans(connection)
        note_destroyed(connection, EXPORT, 1)
        assert [] == orphans(connection)


def test_a_token_mints_once(engine: Engine) -> None:
    """A second permit for the same export and token is refused by the database."""
    with writing(engine) as connection:
        note_permitted(connection, EXPORT, 1, SATURDAY)
    with writing(engine) as connection, pytest.raises(IntegrityError):
        note_permitted(connection, EXPORT, 1, SATURDAY)


@pytest.mark.parametrize("state", sorted(WORKABLE | ENDABLE))
def test_what_lives_isnt_due(engine: Engine, state: State) -> None:
    """Nothing of an export that hasn't ended is due."""
    export = an_export(engine, state=state)
    with reading(engine) as connection:
        names = [f"export:{export}", f"passphrase:{export}.1", book_object(export, 1)]
        assert [False] * 3 == [due(connection, name) for name in names]


@pytest.mark.parametrize("state", [State.FAILED, State.CANCELLED, State.REVOKED, State.PURGED])
def test_what_ended_is_due(engine: Engine, state: State) -> None:
    """Everything of an export that ended without the agent's having it is due."""
    export = an_export(engine, state=state)
    with reading(engine) as connection:
        names = [f"export:{export}", f"passphrase:{export}.1", book_object(export, 1)]
        assert [True] * 3 == [due(connection, name) for name in names]


@pytest.mark.parametrize(
    "name",
    ["", ":", "book", "book:", "book:.", f"book:{EXPORT}", f"book:{EXPORT}.", f"book:{EXPORT}.x",
     f"book:{EXPORT}.²", f"book:{EXPORT}.02", f"export:{EXPORT}",
     f"snapshot:{EXPORT}", f"factor:{EXPORT}", f"{EXPORT}.1"],
)  # fmt: skip
def test_what_nobody_knows_isnt_due(engine: Engine, name: str) -> None:
    """A name of no known object, in whatever form, is not due and no error."""
    with writing(engine) as connection:
        note_permitted(connection, EXPORT, 2, SATURDAY)
        assert not due(connection, name)


@pytest.mark.parametrize(
    ("destroyed_at", "expected"),
    [
        (datetime(2026, 11, 21, 0, 0, tzinfo=UTC), date(2026, 12, 27)),
        (datetime(2026, 11, 21, 23, 59, 59, tzinfo=UTC), date(2026, 12, 27)),
        (datetime(2026, 11, 21, 21, 0, tzinfo=PACIFIC), date(2026, 12, 28)),
    ],
)
def test_backups_let_go_after_their_window(destroyed_at: datetime, expected: date) -> None:
    """A backup of the day of the destruction is the last that holds it, for the whole window."""
    assert expected == gone_everywhere(destroyed_at, 35)
