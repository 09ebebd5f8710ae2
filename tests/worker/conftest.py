"""What the tests of the worker share: a mail server that works, and the worker's house on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from house.wiring import WorkerHouse
from tests.installation import Installation
from tests.mail_server import MailServer, a_mail_server
from tests.worker.houses import a_worker


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
