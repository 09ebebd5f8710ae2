"""Two importers who race bring in two attempts, of which one comes into force."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path

from runtime.database import reading
from snapshot.published import list_snapshots
from snapshot.publishing import publish
from snapshot.tables import State
from tests.snapshot.fakes import OPERATOR, Room


def test_two_importers_give_one_snapshot(tmp_path: Path) -> None:
    """Both import the same Friday and publish at once: one is in force, the other's try an error."""
    room = Room(tmp_path)
    start = threading.Barrier(2, timeout=60)
    refs: list[object] = []
    failed: list[Exception] = []

    def race() -> None:
        try:
            start.wait()
            made = room.bring_in()
            start.wait()
            refs.append(publish(made.attempt, who=OPERATOR, gate=room.gate, vault=room.vault))
        except Exception as error:  # noqa: BLE001  a thread's error is looked at below, whatever it is
            failed.append(error)

    racers = [threading.Thread(target=race) for _ in range(2)]
    for each in racers:
        each.start()
    for each in racers:
        each.join()

    with reading(room.engine) as connection:
        states = Counter(line.state for line in list_snapshots(connection))
    assert (1, 1) == (len(refs), len(failed))
    assert {State.PUBLISHED: 1, State.CHECKED: 1} == states
    assert refs == [room.newest().ref]
