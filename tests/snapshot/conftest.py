"""One published room that tests of reading share; whoever changes objects works on a copy."""

from __future__ import annotations

import pytest

from tests.snapshot.fakes import Room


@pytest.fixture(scope="session")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    """Return a room that has published the committed cut."""
    made = Room(tmp_path_factory.mktemp("room"))
    made.publish(made.bring_in().attempt)
    return made
