"""What the tests of the worker share: an installation, a mail server that works, and the house on both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from house.wiring import WorkerHouse
from tests.installation import Installation, a_published_installation
from tests.mail_server import MailServer, a_mail_server
from tests.worker.houses import a_worker


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Installation]:
    """An installation with a published snapshot."""
    with a_published_installation(tmp_path) as made:
        yield made


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[MailServer]:
    """A mail server that does what it should."""
    with a_mail_server(tmp_path) as server:
        yield server


@pytest.fixture
def house(home: Installation, mail: MailServer) -> Iterator[WorkerHouse]:
    """The worker's house."""
    with a_worker(home, mail) as opened:
        yield opened
