"""An overdue anchor stops what releases data, says so, and lets everything else go on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import make_app
from audit.checkpoint import Head
from audit.events import Event
from house.passwords import Passwords
from runtime.database import writing
from store.outposts import note_reached
from tests.api.callers import ASKED, LIGHT, Desk, MovableHouse
from tests.installation import Installation, a_published_installation

HOUR = 3600


@pytest.fixture
def halted(tmp_path: Path) -> Iterator[Desk]:
    """A house of its own whose only anchor never got a copy, some hours later."""
    with a_published_installation(tmp_path) as home:
        yield from later(home, tmp_path)


def later(published: Installation, tmp_path: Path) -> Iterator[Desk]:
    """Put an application in front of an installation, four hours on."""
    changed = {"anchor_folder": tmp_path / "none", "anchor_overdue": "stop"}
    house = MovableHouse(published.settings.model_copy(update=changed), "api")
    house.clock.advance(seconds=4 * HOUR)
    with TestClient(make_app(house, Passwords(LIGHT), beat_seconds=0.01)) as client:
        yield Desk(published, house, client)


def test_nothing_is_released_while_an_anchor_is_overdue(halted: Desk) -> None:
    """Signing in works, asking for a book and looking at consumers are 503, and no entry is made of them."""
    caller, answer = halted.sign_in(halted.an_agent())
    assert 201 == answer.status_code
    before = halted.house.reader.head().size
    asked = caller.post("/v1/exports", ASKED)
    assert (503, "halted") == (asked.status_code, asked.json()["type"].rpartition(":")[2])
    assert before == halted.house.reader.head().size
    assert 200 == caller.get("/v1/me").status_code
    ready = halted.client.get("/readyz")
    assert (503, True) == (ready.status_code, "anchor" in ready.json()["reasons"])


def test_a_copy_lets_it_go_on(halted: Desk) -> None:
    """As soon as a copy is laid the next decision is a rule's again."""
    head = halted.house.reader.head()
    with writing(halted.house.engine) as connection:
        note_reached(connection, "folder", Head(head.size, head.root), halted.house.clock.now())
    caller, _answer = halted.sign_in(halted.an_agent())
    asked = caller.post("/v1/exports", ASKED)
    assert asked.status_code in {201, 202, 403}
    assert Event.EXPORT_REQUESTED == halted.entries()[-1].event
    assert "anchor" not in halted.client.get("/readyz").json().get("reasons", [])
