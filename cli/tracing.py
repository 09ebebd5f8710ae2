"""`sealedbook trace FILE`: where a copy of a book could have come from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from book.copies import MAX_FILE_BYTES
from cli.desk import CONSOLE_OPERATOR, DEFAULT_DATA, CommandError, DataFolder, open_house
from exports.export import Export
from house.tracing import trace_copy
from house.wiring import House
from runtime.clock import PACIFIC, parse_rfc3339
from runtime.database import reading
from store.exports import export_by_id


def trace(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="a clear workbook, or a CSV saved out of one")],
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Say which exports could have produced a copy, with how sure that is and why."""
    content = _read(file)
    with open_house(data) as house:
        copy, found = trace_copy(house, CONSOLE_OPERATOR, content)
        typer.echo(f"{file.name}: {copy.prints.rows} rows, {len(copy.columns)} known columns")
        if not found:
            typer.echo("No export that this installation remembers could have produced it.")
        for candidate in found:
            typer.echo(f"{candidate.certainty.value}: {_told(house, candidate.export)}")
            for reason in candidate.reasons:
                typer.echo(f"  {reason}")


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise CommandError(f"{file} can't be read: {error.strerror}") from None


def _told(house: House, export: str) -> str:
    with reading(house.engine) as connection:
        found: Export = export_by_id(connection, export)
    as_of = parse_rfc3339(found.snapshot_as_of).astimezone(PACIFIC) if found.snapshot_as_of else None
    return (
        f"export {export}, agent {found.agent}, asked {parse_rfc3339(found.created_at):%Y-%m-%d}, "
        f"data of {'nobody knows when' if as_of is None else f'{as_of:%Y-%m-%d}'}"
    )
