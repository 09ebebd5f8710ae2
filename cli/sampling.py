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
from snapshot.sample_exchange import ExchangeKeyError, make_exchange_key, read_exchange_key
from snapshot.sample_pieces import Format

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
    kind: Annotated[Format, typer.Option("--format", help="the extract's kind of file")] = Format.CSV,
    nasty: Annotated[
        bool, typer.Option("--nasty", help="with values among them that careless readers spoil")
    ] = False,
    sign: Annotated[
        Path | None,
        typer.Option(metavar="KEYFILE", help="sign the manifest with an exchange's key (see sample-key)"),
    ] = None,
) -> None:
    """Write a synthetic extract, its roster and a manifest. No person is in them.

    A later Friday of the same seed shows the same population, with what changed since.
    """
    try:
        key = None if sign is None else read_exchange_key(sign)
        with progress("Sample") as tell:
            tell(f"{agents} agents, {consumers} consumers")
            made = make_sample(
                agents, consumers, seed, as_of, out, nasty=nasty, format=kind, key=key, progress=tell
            )
    except (ValueError, ExchangeKeyError) as error:
        raise CommandError(str(error)) from None
    except FileNotFoundError as error:
        raise CommandError(f"{error.filename} is not a file") from None
    for path in (made.extract, made.roster, made.manifest):
        typer.echo(path)


def sample_key(folder: Annotated[Path, typer.Argument(metavar="DIR", help="where the two files go")]) -> None:
    """Make an exchange's key for a trial: `sample --sign` uses it, `snapshot trust` pins it."""
    try:
        private, public = make_exchange_key(folder)
    except ExchangeKeyError as error:
        raise CommandError(str(error)) from None
    typer.echo(f"{private}: signs manifests, with: sealedbook sample --sign {private} …")
    typer.echo(f"{public}: is believed, after: sealedbook snapshot trust {public}")
