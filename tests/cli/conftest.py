"""One real installation for this room's tests, with its vault running, and a way to run commands on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from audit.entry import Entry
from cli.commands import commands
from tests.installation import Installation, a_published_installation

Run = Callable[..., Result]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Return an installation with the test roster and a published snapshot."""
    with a_published_installation(tmp_path_factory.mktemp("cli")) as made:
        yield made


@pytest.fixture
def run() -> Run:
    """Return what runs one command in this process; errors come out as they are raised."""

    def run_command(*arguments: str | Path) -> Result:
        return CliRunner().invoke(commands, [str(each) for each in arguments])

    return run_command


def last_entries(home: Installation, count: int) -> list[Entry]:
    """Return the ledger's last entries."""
    size = home.operator.reader.head().size
    return [Entry.decode(data) for data in home.operator.reader.entries(size - count, size)]
