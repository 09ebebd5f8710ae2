"""Every command of the command line, in one tree."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.demo import EXCHANGE, demo
from cli.desk import DEFAULT_DATA, CommandError, DataFolder, parse_moment
from cli.doctor import doctor, status
from cli.evidence import audit
from cli.exporting import exports
from cli.people import people
from cli.sampling import sample
from cli.serve import serve
from cli.snapshots import snapshots
from house.founding import Charter, found_installation

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
commands.command("serve")(serve)
commands.command("doctor")(doctor)
commands.command("status")(status)


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
