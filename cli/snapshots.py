"""`sealedbook snapshot …`: bring a weekly extract in, put it in force, list what there is."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.desk import (
    CONSOLE_OPERATOR,
    DEFAULT_DATA,
    CommandError,
    DataFolder,
    open_house,
    open_house_with_vault,
    parse_moment,
)
from cli.progress import progress
from runtime.clock import PACIFIC
from runtime.database import reading
from snapshot.importing import import_extract
from snapshot.published import list_snapshots
from snapshot.publishing import publish
from snapshot.tables import State

snapshots = typer.Typer(help="Bring a weekly extract in, put it in force, list what there is.")


@snapshots.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="the extract, as CSV")],
    as_of: Annotated[
        datetime,
        typer.Option("--as-of", parser=parse_moment, metavar="TIMESTAMP", help="the extract's cut-off"),
    ],
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Check an extract and store it encrypted; a bad one is refused whole, with a report."""
    with open_house_with_vault(data) as house, progress("Importing") as tell:
        imported = import_extract(
            file,
            as_of,
            who=CONSOLE_OPERATOR,
            gate=house.gate,
            vault=house.vault,
            objects=house.objects,
            catalogue=house.policy.catalogue,
            progress=tell,
        )
    for line in imported.report.lines():
        typer.echo(line)
    typer.echo(f"checked as attempt {imported.attempt}; put it in force with: sealedbook snapshot publish")


@snapshots.command("publish")
def publish_newest(
    attempt: Annotated[str | None, typer.Option(help="which attempt; else the newest checked one")] = None,
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Put a checked snapshot in force."""
    with open_house_with_vault(data) as house:
        with reading(house.engine) as connection:
            checked = [line for line in list_snapshots(connection) if line.state is State.CHECKED]
        if attempt is None and not checked:
            raise CommandError("there is no checked snapshot to publish: import an extract first")
        chosen = attempt or checked[0].attempt
        ref = publish(chosen, who=CONSOLE_OPERATOR, gate=house.gate, vault=house.vault)
    typer.echo(f"published: as of {ref.as_of}, revision {ref.revision}, digest {ref.digest}")


@snapshots.command("list")
def list_all(data: DataFolder = DEFAULT_DATA) -> None:
    """List every import attempt, the newest data first."""
    with open_house(data) as house, reading(house.engine) as connection:
        lines = list_snapshots(connection)
    for line in lines:
        revision = "no revision" if line.revision is None else f"revision {line.revision}"
        digest = f"  digest {line.digest}" if line.digest else ""
        typer.echo(
            f"{line.as_of.astimezone(PACIFIC):%Y-%m-%d %H:%M %Z}  {revision}  {line.state.value}  "
            f"{line.rows} rows of {line.agents} agents  attempt {line.attempt}{digest}"
        )
