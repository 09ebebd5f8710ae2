"""`sealedbook upgrade`: bring an installation's database to this version's shape, while nothing runs."""

from __future__ import annotations

import typer

from cli.desk import DEFAULT_DATA, DataFolder, open_house
from house.processes import SERVING_LOCK, holding
from house.upgrading import bring_to_this_version, tell_outgrown
from runtime.database import revisions
from runtime.settings import Settings, load_settings


def upgrade(data: DataFolder = DEFAULT_DATA) -> None:
    """Bring the database to this version's shape. Stop the house first, and keep a copy of the database."""
    settings = load_settings(data, Settings)
    message = "the house is running: stop it first"
    with holding(settings.data, SERVING_LOCK, wait_seconds=1, message=message):
        before = bring_to_this_version(settings)
        with open_house(data) as house:
            now, _newest = revisions(house.engine)
            outgrown = tell_outgrown(house)
    if before == now:
        typer.echo(f"the database has this version's shape already: {now}")
    else:
        typer.echo(f"the database is brought from shape {before} to {now}")
    if outgrown:
        typer.echo(outgrown)
    typer.echo("start the house, then look at it with: sealedbook doctor")
