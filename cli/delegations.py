"""`sealedbook delegations …`: end delegations before the next snapshot does, or say that they stand."""

from __future__ import annotations

import hashlib
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
)
from house.confirming import Confirmable, confirm_delegations, find_confirmable, present_to_confirm
from house.delegations import Fate, end_delegations
from house.exchange import check_roster, find_manifest
from house.presence import two_members, two_present
from identity.people import Person
from runtime.clock import PACIFIC
from snapshot.feed import FeedError, read_feed

delegations = typer.Typer(
    help="End delegations before the next snapshot does, or say that they stand.", no_args_is_help=True
)

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


@delegations.command("confirm")
def confirm(
    agent: Annotated[str, typer.Option(metavar="LICENSE", help="whose consumers")],
    present: Annotated[
        list[str] | None,
        typer.Option(metavar="USERNAME", help="one of the two people present; give it twice"),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="don't ask whether to")] = False,
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Say that the exchange's data are right: who is still in them is withheld until the next data only."""
    with open_house(data) as house:
        found = find_confirmable(house, agent)
        if not found.consumers:
            typer.echo(f"the data in force hold nobody of {agent} whose end is still to be confirmed")
            return
        two_members(house, present or [])
        typer.echo(_tell(found))
        if not yes and not typer.confirm("does the exchange say that its data are right?"):
            typer.echo("nothing was changed")
            raise typer.Exit(1)
        two_present(house, present or [], _ask_password, present_to_confirm(agent))
        confirm_delegations(house, CONSOLE_OPERATOR, found)
    typer.echo(f"confirmed: {found.consumers} consumers of {agent}")


def _tell(found: Confirmable) -> str:
    held = "" if found.as_of is None else f"{found.as_of.astimezone(PACIFIC):%Y-%m-%d}"
    stands_from = f"{found.stands_from.astimezone(PACIFIC):%A, %Y-%m-%d}"
    return (
        f"{found.consumers} consumers of {found.agent} are withheld: a feed ended their delegations, and the "
        f"data of {held} still hold them\n"
        f"once confirmed they are in the books again from the cut-off of {stands_from} on, if its data "
        "hold them and no feed ends them anew; until then they stay withheld"
    )


def _ask_password(person: Person) -> str:
    typed: str = typer.prompt(f"{person.papers.name}, your password", hide_input=True)
    return typed
