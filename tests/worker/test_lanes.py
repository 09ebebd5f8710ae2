"""Lanes run beside the sweep: one worker at a time, one thread each, and none takes another down."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from house.wiring import WorkerHouse
from runtime.database import writing
from store.leases import take_lease
from tests.installation import Installation, an_installation
from worker.lanes import Lanes


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation for every test of this file."""
    with an_installation(tmp_path_factory.mktemp("lanes")) as made:
        yield made


def test_a_lane_under_way_is_left_alone(house: WorkerHouse) -> None:
    """Started again and again it runs once, and others run beside it."""
    going, ran = threading.Event(), []

    def slow() -> None:
        ran.append("slow")
        going.wait(30)

    lanes = Lanes(house, {"slow": slow, "quick": lambda: ran.append("quick")})
    lanes.start()
    lanes.start()
    going.set()
    assert lanes.wait(30)
    assert 1 == ran.count("slow")
    assert "quick" in ran
    lanes.start()
    assert lanes.wait(30)
    assert 2 == ran.count("slow")


def test_a_lane_that_breaks_runs_again(house: WorkerHouse) -> None:
    """An error ends one round, and takes nothing else along."""
    ran: list[int] = []

    def broken() -> None:
        ran.append(1)
        raise RuntimeError

    lanes = Lanes(house, {"broken": broken})
    for _ in range(2):
        lanes.start()
        assert lanes.wait(30)
    assert 2 == len(ran)


def test_another_workers_lane_is_not_driven(house: WorkerHouse) -> None:
    """Who holds the lease does the work; given back, the next may at once."""
    ran: list[int] = []
    lanes = Lanes(house, {"held": lambda: ran.append(1)})
    with writing(house.engine) as connection:
        assert take_lease(connection, "held", "another", house.clock.now(), 3600)
    lanes.start()
    assert lanes.wait(30)
    assert [] == ran
    lanes = Lanes(house, {"free": lambda: ran.append(1)})
    lanes.start()
    assert lanes.wait(30)
    with writing(house.engine) as connection:
        assert take_lease(connection, "free", "another", house.clock.now(), 60)
    assert [1] == ran
