"""`sealedbook delegations …`: end delegations before the next snapshot does."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from cli.desk import CONSOLE_OPERATOR, DEFAULT_DATA, CommandError, DataFolder, open_house_with_vault
from house.delegations import Fate, end_delegations
from house.exchange import check_roster, find_manifest
from snapshot.feed import FeedError, read_feed

delegations = typer.Typer(help="End delegations before the next snapshot does.", no_args_is_help=True)

_TOLD = {
    Fate.REBUILT: "{count} books weren't sent yet: made anew without these consumers",
    Fate.REVOKED: "{count} books were sent and not opened: revoked, their agents may ask again",
    Fate.SENDING: "{count} books are being sent: their passphrases aren't shown; give the feed once more",
    Fate.OPENED: "{count} books were opened before and can't be taken back:",
}


@delegations.command("end")
def end(
    file: Annotated[Path, typer.Argument(help="agent_license_number, consumer_id, ended_on or ended_at")],
    manifest: Annotated[
        Path | None, typer.Option(help="what the exchange says of the file; needed outside demo")
    ] = None,
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Withhold consumers who ended their delegation since the cut-off; twice is as good as once."""
    with open_house_with_vault(data) as house:
        check_roster(find_manifest(house.settings, manifest), file)
        content = file.read_bytes()
        try:
            lines = read_feed(content, house.clock.now())
        except FeedError as error:
            raise CommandError(str(error)) from None
        taken = end_delegations(house, CONSOLE_OPERATOR, lines, hashlib.sha256(content).hexdigest())
    typer.echo(f"{taken.lines} ended delegations, {taken.ended} of them new")
    for fate, told in _TOLD.items():
        if count := taken.count(fate):
            typer.echo(told.format(count=count))
    for export, fate in taken.books:
        if fate is Fate.OPENED:
            typer.echo(f"  {export}")
