"""What every command stands on: the installation's folder, opened as its operator.

`--data DIR` names the folder, else SEALEDBOOK_DATA, else `./data`; one folder holds one
installation. The operator has no way to consumers' data: rule F01, and the vault's table.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from typer._click.globals import get_current_context  # typer has no public word for it

from house.founding import CONSOLE, OPERATOR
from house.interruption import Interruption
from house.processes import with_vault
from house.tale import tell_command
from house.wiring import House
from policies.gate import Who
from runtime.settings import Settings, load_settings

CONSOLE_OPERATOR = Who(actor=OPERATOR, client=CONSOLE)

DataFolder = Annotated[
    Path,
    typer.Option("--data", metavar="DIR", envvar="SEALEDBOOK_DATA", help="the installation's folder"),
]
DEFAULT_DATA = Path("data")


class CommandError(Exception):
    """A command can't do what was asked; the message is for the person at the console."""


@contextmanager
def open_house(data: Path) -> Iterator[House]:
    """Open an installation as its operator; the ledger is told of the command first."""
    house = House(load_settings(data, Settings), "operator")
    try:
        if command := _command():
            tell_command(house, command)
        yield house
    finally:
        house.close()


def _command() -> str:
    """Return the words of the command that runs, joined by `-`; empty where no command does."""
    words: list[str] = []
    context = get_current_context(silent=True)
    while context is not None and context.parent is not None:
        words.insert(0, context.info_name or "")
        context = context.parent
    return "-".join(filter(None, words))


@contextmanager
def open_house_with_vault(data: Path) -> Iterator[House]:
    """Open an installation with its vault: the running one, or one for as long as this takes."""
    interruption = Interruption()
    with (
        open_house(data) as house,
        interruption.orderly(),
        with_vault(house.settings, interruption),
    ):
        yield house


def read_text(path: Path) -> str:
    """Return a file's text as it is: no newline is turned into another. OSError, CommandError."""
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError:
        raise CommandError(f"{path} is not text") from None


def parse_moment(text: str) -> datetime:
    """Read a moment with its offset from UTC, as ISO 8601 writes it."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise typer.BadParameter("a moment with its offset is needed, e.g. 2026-11-20T21:00:00-08:00")
    return moment
