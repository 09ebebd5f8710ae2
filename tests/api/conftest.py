"""One installation for the room's tests, since a vault's process takes a moment to start.

Every test takes people of its own, so that none counts another's exports or wrong codes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from house.invitations import Invited
from house.wiring import WorkerHouse
from identity.people import Role
from tests.api.callers import Caller, Desk, a_desk
from tests.api.joiners import Joiners
from tests.api.systems import MANAGER, System, issue
from tests.backends import a_broker
from tests.installation import Installation, a_live_installation, an_installation
from tests.mail_server import a_mail_server
from tests.worker.houses import a_worker


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A real installation with the test roster and a real broker."""
    with an_installation(tmp_path_factory.mktemp("api")) as installation:
        installation.take_roster()
        with a_broker(installation.settings):
            yield installation


@pytest.fixture(scope="session")
def published(home: Installation) -> Installation:
    """The same with its snapshot published."""
    home.publish(home.extract)
    return home


@pytest.fixture(scope="session")
def worker(published: Installation) -> Iterator[WorkerHouse]:
    """A worker's house with a mail server, so that real books are there."""
    with a_mail_server(published.data) as mail, a_worker(published, mail) as opened:
        yield opened


@pytest.fixture
def desk(home: Installation) -> Iterator[Desk]:
    """The application over that installation, with a clock that a test may move."""
    with a_desk(home) as desk:
        yield desk


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installation, dict[Role, Invited]]]:
    """A live installation, founded by two people who were invited and didn't join yet."""
    with a_live_installation(tmp_path_factory.mktemp("live")) as made:
        made[0].adopt_policies()
        yield made


@pytest.fixture
def joiners(live: tuple[Installation, dict[Role, Invited]], tmp_path: Path) -> Iterator[Joiners]:
    """The live installation's door with a mail server."""
    home, founders = live
    with a_mail_server(tmp_path) as mail, a_desk(home) as desk:
        yield Joiners(desk=desk, mail=mail, founders=founders)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Keep log lines from being written out, which takes longer than what they tell of."""
    with structlog.testing.capture_logs():
        yield


@pytest.fixture
def manager(desk: Desk) -> Caller:
    """A manager signed in just now."""
    return desk.with_session(MANAGER)


@pytest.fixture
def system(desk: Desk, manager: Caller) -> System:
    """The system of the manager's agency."""
    return issue(desk, manager)
