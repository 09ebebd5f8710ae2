"""Downloads by the ledger, and those under way."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from audit.entry import Actor, Draft, Resource
from audit.events import Event, Outcome
from audit.ledger import Ledger
from exports.spans import Span
from exports.states import State
from policies.actions import Action
from runtime.clock import rfc3339
from runtime.database import reading, writing
from store.releases import (
    OpenRelease,
    close_release,
    count_downloads,
    keep_open,
    lost_releases,
    note_received,
    spans_under_way,
)
from store.tables import exports
from tests.fakes import PinnedClock
from tests.installation import SATURDAY
from tests.store.makers import an_export, read_export

SIZE = 100
WORKER = Actor(kind="service", id="worker", role="service")


def a_book(engine: Engine, state: State = State.SENT, channel: str = "link") -> str:
    """Add an export with a book of a hundred bytes."""
    export = an_export(engine, channel=channel, state=state)
    with writing(engine) as connection:
        built = exports.update().where(exports.c.id == export)
        connection.execute(built.values(bytes=SIZE, built_fencing=2))
    return export


def serve(engine: Engine, export: str, *spans: Span, fencing: int = 2) -> None:
    """Record that bytes of a book were served."""
    drafts = [
        Draft(
            event=Event.RELEASE_ENDED,
            outcome=Outcome.DONE,
            actor=WORKER,
            client="local:test",
            action=Action.DOWNLOAD_BOOK.value,
            resource=Resource(kind="export", id=export),
            export=export,
            fencing=fencing,
            ranges=(span,),
        )
        for span in spans
    ]
    with writing(engine) as connection:
        Ledger(PinnedClock()).append(connection, drafts)


def test_downloads_are_counted_from_the_ledger(engine: Engine) -> None:
    """Two halves are one; of another build of the book nothing counts."""
    export = a_book(engine)
    serve(engine, export, (0, 100), fencing=1)
    serve(engine, export, (0, 50), (50, 100), (0, 60))

    with reading(engine) as connection:
        found = read_export(engine, export)
        assert 1 == count_downloads(connection, found)
        assert 2 == count_downloads(connection, found, more=((60, 100),))


def test_a_mailed_book_has_no_downloads(engine: Engine) -> None:
    """What isn't by link is never counted."""
    export = a_book(engine, channel="email")
    serve(engine, export, (0, 100))

    with reading(engine) as connection:
        assert 0 == count_downloads(connection, read_export(engine, export))


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.BUILT, State.RECEIVED),
        (State.SENDING, State.SENDING),
        (State.SENT, State.RECEIVED),
        (State.UNKNOWN, State.RECEIVED),
        (State.REVOKED, State.REVOKED),
    ],
)
def test_a_whole_download_is_received_where_the_table_of_moves_has_it(
    engine: Engine, state: State, expected: State
) -> None:
    """While a notice is being sent the export waits for its answer; what is over stays over."""
    export = a_book(engine, state)
    with writing(engine) as connection:
        note_received(connection, export)
    before = read_export(engine, export).state
    with writing(engine) as connection:
        note_received(connection, export, more=((0, SIZE),))

    assert (state, expected) == (before, read_export(engine, export).state)


def test_a_release_under_way_is_closed_once(engine: Engine) -> None:
    """It is seen while it is open, lost after its time, and ended by one only."""
    export = a_book(engine)
    found = read_export(engine, export)
    release = OpenRelease(
        id="r1", export=export, fencing=2, permit=7, first=0, end=10, started_at=rfc3339(SATURDAY)
    )
    with writing(engine) as connection:
        keep_open(connection, release)
        assert ((0, 10),) == spans_under_way(connection, found)
        assert [] == lost_releases(connection, SATURDAY)
        assert [release] == lost_releases(connection, SATURDAY + timedelta(seconds=1))
        assert [True, False] == [close_release(connection, "r1") for _ in range(2)]
        assert () == spans_under_way(connection, found)
