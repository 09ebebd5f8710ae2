"""`sealedbook snapshot …`: bring a weekly extract in, put it in force, list what there is."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from cli import holds
from cli.desk import (
    CONSOLE_OPERATOR,
    DEFAULT_DATA,
    CommandError,
    DataFolder,
    open_house,
    open_house_with_vault,
    parse_moment,
    read_text,
)
from cli.progress import progress
from cli.reporting import keep_report
from cli.snapshot_looks import list_all, show
from house.exchange import file_of, find_manifest, find_source, pin_exchange
from house.importing import bring_in
from runtime.clock import pacific, parse_rfc3339
from runtime.database import reading
from runtime.files import erase_file
from snapshot.published import list_snapshots
from snapshot.publishing import publish
from snapshot.query_source import QuerySource
from snapshot.reasons import Correction, DriftReason
from snapshot.report import ExtractRefusedError
from snapshot.sources import Source
from snapshot.tables import State

snapshots = typer.Typer(help="Bring a weekly extract in, put it in force, list what there is.")


@snapshots.command("import")
def import_file(
    file: Annotated[
        str, typer.Argument(help="the extract (CSV or Parquet): a file, s3://bucket/key, or a file of SQL")
    ],
    as_of: Annotated[
        datetime,
        typer.Option("--as-of", parser=parse_moment, metavar="TIMESTAMP", help="the extract's cut-off"),
    ],
    manifest: Annotated[
        Path | None, typer.Option(help="what the exchange says of the file; needed outside demo")
    ] = None,
    identity: Annotated[
        Path | None, typer.Option(help="the importer's age key, where the file is sealed to it")
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(
            envvar="SEALEDBOOK_EXTRACT_DATABASE",
            help="a PostgreSQL for which FILE is a query (better by the variable: it may hold a password)",
        ),
    ] = None,
    destroy_source: Annotated[
        bool | None,
        typer.Option(
            "--destroy-source/--keep-source",
            envvar="SEALEDBOOK_DESTROY_SOURCE",
            help="whether a file is overwritten and removed once it is stored; else outside demo only",
        ),
    ] = None,
    reason: Annotated[
        Correction | None, typer.Option(help="why it corrects the data in force of the same Friday")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="a folder for the report, as report.html and report.json")
    ] = None,
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Check an extract and store it encrypted; a bad one is refused whole, with a report."""
    with open_house_with_vault(data) as house, progress("Importing") as tell:
        believed = find_manifest(house.settings, manifest)
        source = _source(file, identity, database)
        try:
            imported = bring_in(
                house, CONSOLE_OPERATOR, source, as_of, manifest=believed, reason=reason, progress=tell
            )
        except ExtractRefusedError as refused:
            if report is not None:
                keep_report(refused.report, report)
            raise
        is_live = house.settings.mode != "demo"
    if report is not None:
        keep_report(imported.report, report)
    for line in imported.report.lines():
        typer.echo(line)
    _put_away(source, is_destroyed=is_live if destroy_source is None else destroy_source)
    typer.echo(f"checked as attempt {imported.attempt}")
    if imported.report.drift:
        typer.echo(
            "ask the exchange whether these data are right. If not, import what they send instead; if so: "
            f"sealedbook snapshot publish --despite-drift {'|'.join(DriftReason)}"
        )
    else:
        typer.echo("put it in force with: sealedbook snapshot publish")


def _put_away(source: Source, *, is_destroyed: bool) -> None:
    """Destroy the file that was read, or say that what was read stays."""
    path = file_of(source)
    if path is None:
        typer.echo(f"{source.name} stays where it is: only a file on this machine is destroyed")
        return
    if not is_destroyed:
        typer.echo(f"{path.name} stays where it is; destroy it when nobody needs it any more")
        return
    try:
        erase_file(path)
    except OSError as error:
        typer.echo(f"{path.name} could not be removed ({error.strerror}): destroy it by hand", err=True)
    else:
        typer.echo(f"{path.name} was overwritten and removed; --keep-source keeps it")


def _source(file: str, identity: Path | None, database: str | None) -> Source:
    if database is not None:
        return QuerySource(database, read_text(Path(file)))
    return find_source(file, identity)


@snapshots.command("trust")
def trust(
    vkey: Annotated[Path, typer.Argument(help="the exchange's verifier key, handed over by a person")],
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Pin the key whose signature makes an extract's manifest believed."""
    with open_house(data) as house:
        key = pin_exchange(house, read_text(vkey))
    typer.echo(f"manifests are believed when signed by: {key.text()}")


@snapshots.command("publish")
def publish_newest(
    attempt: Annotated[str | None, typer.Option(help="which attempt; else the newest checked one")] = None,
    despite_drift: Annotated[
        DriftReason | None, typer.Option(help="why data that moved beyond the bounds are right")
    ] = None,
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Put a checked snapshot in force."""
    with open_house_with_vault(data) as house:
        with reading(house.engine) as connection:
            lines = list_snapshots(connection)
        checked = [line for line in lines if line.state is State.CHECKED]
        if attempt is None and not checked:
            raise CommandError("there is no checked snapshot to publish: import an extract first")
        chosen = attempt or checked[0].attempt
        ref = publish(
            chosen,
            who=CONSOLE_OPERATOR,
            gate=house.gate,
            vault=house.vault,
            despite_drift=despite_drift,
        )
        summary = next(line.summary for line in lines if line.attempt == chosen)
    as_of = parse_rfc3339(ref.as_of)
    typer.echo(f"published: as of {pacific(as_of)}, revision {ref.revision}, digest {ref.digest}")
    for line in summary.changes.lines() if summary and summary.changes else ():
        typer.echo(f"  {line}")


snapshots.command("hold")(holds.hold)
snapshots.command("release-hold")(holds.release)
snapshots.command("holds")(holds.list_all)
snapshots.command("list")(list_all)
snapshots.command("show")(show)
