"""Tests of leases by name."""

from __future__ import annotations

import threading
from datetime import timedelta

from sqlalchemy import Engine

from runtime.database import writing
from store.leases import take_lease
from tests.installation import SATURDAY

SOON = SATURDAY + timedelta(seconds=29)
ENDED = SATURDAY + timedelta(seconds=30)


def test_a_lease_has_one_owner(engine: Engine) -> None:
    """While one owner holds a lease nobody else gets it; another name is another lease."""
    with writing(engine) as connection:
        assert take_lease(connection, "sweep", "one", SATURDAY, 30)
        assert not take_lease(connection, "sweep", "two", SOON, 30)
        assert take_lease(connection, "other", "two", SOON, 30)


def test_an_owner_may_renew(engine: Engine) -> None:
    """The owner takes the lease again, and it lasts from then on."""
    with writing(engine) as connection:
        assert take_lease(connection, "sweep", "one", SATURDAY, 30)
        assert take_lease(connection, "sweep", "one", SOON, 30)
        assert not take_lease(connection, "sweep", "two", ENDED, 30)


def test_a_lease_ends(engine: Engine) -> None:
    """Once its time is over a lease goes to whoever asks first."""
    with writing(engine) as connection:
        assert take_lease(connection, "sweep", "one", SATURDAY, 30)
        assert take_lease(connection, "sweep", "two", ENDED, 30)
        assert not take_lease(connection, "sweep", "one", ENDED, 30)


def test_of_many_one_gets_it(engine: Engine) -> None:
    """Of owners who ask at once for a lease that never was, exactly one gets it."""
    owners = [f"owner {number}" for number in range(4)]
    together = threading.Barrier(len(owners))
    got: list[str] = []

    def ask(owner: str) -> None:
        together.wait()
        with writing(engine) as connection:
            if take_lease(connection, "sweep", owner, SATURDAY, 30):
                got.append(owner)

    threads = [threading.Thread(target=ask, args=(owner,)) for owner in owners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 == len(got)
