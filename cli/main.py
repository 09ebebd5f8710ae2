"""The command line: `sealedbook …`, or `./run …`.

Law: whatever goes wrong ends as one clear message on standard error and exit code 1. No
traceback, and of an error that nobody foresaw its class and place only, since messages of
libraries quote values.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from sqlalchemy.exc import SQLAlchemyError

from audit.bundle import BundleError
from audit.checkpoint import NoteError
from audit.errors import LedgerError
from audit.verify import VerifyError
from cli.demo import EXCHANGE, demo
from cli.demo_client import AgentError
from cli.desk import DEFAULT_DATA, CommandError, DataFolder, parse_moment
from cli.evidence import audit
from cli.exporting import exports
from cli.people import people
from cli.sampling import sample
from cli.snapshots import snapshots
from exports.errors import ExportError
from house.children import ChildError
from house.enrolment import EnrolledAlreadyError
from house.founding import Charter, FoundingError, found_installation
from house.processes import RunningAlreadyError
from identity.roster import RosterError
from policies.gate import RefusedError, UnrecordableError
from policies.rules import PolicySetError
from runtime.logs import place_of
from runtime.processes import forbid_core_dumps
from runtime.settings import SettingsError
from snapshot.published import SnapshotNotFoundError
from snapshot.publishing import SnapshotStateError
from snapshot.report import ExtractRefusedError
from store.people import PersonNotFoundError
from vault.errors import VaultError
from vault.home import HomeError

EXPECTED = (
    AgentError, BundleError, ChildError, CommandError, EnrolledAlreadyError, ExportError, FoundingError,
    HomeError, LedgerError, NoteError, PersonNotFoundError, PolicySetError, RosterError,
    RunningAlreadyError, SettingsError, SnapshotNotFoundError, SnapshotStateError, UnrecordableError,
    VaultError,
)  # fmt: skip

commands = typer.Typer(
    name="sealedbook",
    help="Sealed Book: a report with PII leaves by a recorded permit only.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
commands.add_typer(snapshots, name="snapshot")
commands.add_typer(people, name="people")
commands.add_typer(audit, name="audit")
commands.add_typer(exports, name="exports")
commands.command("sample")(sample)
commands.command("demo")(demo)


@commands.command("init")
def init(
    demo_mode: Annotated[bool, typer.Option("--demo", help="a demo installation, for good")] = False,
    clock_start: Annotated[
        datetime | None,
        typer.Option(parser=parse_moment, metavar="TIMESTAMP", help="what the demo's clock shows now"),
    ] = None,
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Make an installation in an empty folder: keys, credentials, and the ledger's first entry."""
    if not demo_mode:
        raise CommandError("this version makes demo installations only: sealedbook init --demo")
    offset = round((clock_start - datetime.now(UTC)).total_seconds()) if clock_start else 0
    settings = found_installation(data, Charter(mode="demo", exchange=EXCHANGE, clock_offset=offset))
    typer.echo(f"{settings.data}: a demo installation, ledger {settings.origin}")


def explain(error: Exception) -> str:
    """Return what a person should read about an error: never a value that they didn't type."""
    for kind, words in WORDS_FOR:
        if isinstance(error, kind):
            return words(error)
    return f"unexpected {type(error).__name__} at {place_of(error)}; please report this place"


def _refusal(error: Any) -> str:
    lines = [f"refused by {rule.id}: {rule.clause}\n  {rule.advice}" for rule in error.rules]
    return "\n".join([*lines, f"  recorded as entry {error.decision}"])


def _file_trouble(error: Any) -> str:
    place = error.filename or place_of(error)
    return f"{place}: {error.strerror or type(error).__name__}"


WORDS_FOR: tuple[tuple[type[Exception] | tuple[type[Exception], ...], Callable[[Any], str]], ...] = (
    (EXPECTED, str),
    (RefusedError, _refusal),
    (ExtractRefusedError, lambda error: "\n".join(error.report.lines())),
    (VerifyError, lambda error: f"NOT VERIFIED: {error}"),
    (OSError, _file_trouble),
    (
        SQLAlchemyError,
        lambda error: f"the database can't be used ({type(error).__name__} at {place_of(error)})",
    ),
)


def app() -> None:
    """Run the command line; the console script and `python -m cli.main` start here."""
    forbid_core_dumps()
    try:
        commands()
    except Exception as error:  # noqa: BLE001 - the last resort: whatever it is, no traceback with values
        sys.stderr.write(f"sealedbook: {explain(error)}\n")
        sys.exit(1)


if __name__ == "__main__":
    app()
