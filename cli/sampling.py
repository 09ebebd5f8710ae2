"""`sealedbook sample`: a synthetic extract with its roster, that imports as it is."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated

import typer

from cli.desk import CommandError, parse_moment
from cli.progress import progress
from runtime.clock import PACIFIC
from snapshot.sample import make_sample

_CUTOFF = time(21)


def parse_friday(text: str) -> datetime:
    """Read a day as its 21:00 in California, or a whole moment as it is."""
    try:
        return datetime.combine(date.fromisoformat(text), _CUTOFF, PACIFIC)
    except ValueError:
        return parse_moment(text)


def sample(
    agents: Annotated[int, typer.Option(min=1, help="how many agents")],
    consumers: Annotated[int, typer.Option(min=1, help="how many consumers")],
    seed: Annotated[int, typer.Option(help="the same seed gives the same files")],
    as_of: Annotated[
        datetime,
        typer.Option("--as-of", parser=parse_friday, metavar="FRIDAY", help="the cut-off, e.g. 2026-11-20"),
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="where the files go")],
) -> None:
    """Write a synthetic extract, its roster and a manifest. No person is in them."""
    try:
        with progress("Sample") as tell:
            tell(f"{agents} agents, {consumers} consumers")
            made = make_sample(agents, consumers, seed, as_of, out)
    except ValueError as error:
        raise CommandError(str(error)) from None
    for path in (made.extract, made.roster, made.manifest):
        typer.echo(path)
