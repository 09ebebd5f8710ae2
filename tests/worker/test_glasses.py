"""A broken glass is closed at its time, and the sweep says so once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from audit.entry import Actor, Entry, Resource
from audit.events import Event
from house.wiring import WorkerHouse
from identity.people import Role
from policies.actions import Action
from policies.gate import Ask, Who
from runtime.clock import HouseClock
from runtime.database import writing
from store.glass import KIND
from store.people import keep_member
from store.sessions import digest_of, new_token, start_session
from tests.installation import Installation, an_installation, take_down
from tests.mail_server import a_mail_server
from tests.worker.houses import a_worker
from worker.glasses import close_glasses

GLASS = Resource(kind=KIND, id="9e107d9d-372b-4a5e-9f0e-3d1c6b1f0a11")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Installation]:
    """An installation."""
    with an_installation(tmp_path) as made:
        yield made


@pytest.fixture
def house(home: Installation, tmp_path: Path) -> Iterator[WorkerHouse]:
    """Its worker, with a clock that moves."""
    with a_mail_server(tmp_path) as mail, a_worker(home, mail) as opened:
        yield opened


def a_reviewer(home: Installation, name: str) -> Who:
    """Return a reviewer who is signed in."""
    now, token = home.api.clock.now(), new_token()
    with writing(home.api.engine) as connection:
        person = keep_member(connection, Role.REVIEWER, name, name, name, now)
        start_session(connection, person, token, now)
    take_down(home.api, person)
    actor = Actor(kind="person", id=person, role="reviewer", session=digest_of(token), amr=("pwd", "otp"))
    return Who(actor=actor, client="127.0.0.1")


def entries(home: Installation) -> list[Entry]:
    """Return the ledger."""
    reader = home.api.reader
    return [Entry.decode(data) for data in reader.entries(0, reader.head().size)]


def test_a_glass_is_closed_once_when_its_time_is_over(home: Installation, house: WorkerHouse) -> None:
    """Before its time nothing is recorded; after it one entry that follows from the opening."""
    first, second = (a_reviewer(home, name) for name in ("ada@x.example", "ben@x.example"))
    with home.api.gate.transaction(first) as tx:
        tx.decide(Ask(action=Action.BREAK_GLASS, resource=GLASS, claims={"reason": "incident"}))
    with home.api.gate.transaction(second) as tx:
        permit = tx.decide(Ask(action=Action.BREAK_GLASS, resource=GLASS))
        opened = tx.record(Event.BREAKGLASS_OPENED, Action.BREAK_GLASS, GLASS, because=permit)
    size = home.api.reader.head().size
    close_glasses(house)
    assert size == home.api.reader.head().size

    later = timedelta(seconds=house.policy.numbers.breakglass_seconds + 1)
    house.__dict__["clock"] = HouseClock(house.clock.offset + later)
    house.__dict__.pop("_gate", None)
    close_glasses(house)
    close_glasses(house)

    (closed,) = entries(home)[size:]
    assert (Event.BREAKGLASS_CLOSED, opened.index, "time-over") == (
        closed.event,
        closed.because,
        closed.reason,
    )
