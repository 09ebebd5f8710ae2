"""`sealedbook vault recover`, `release` and `restore`, `audit restore`: after a backup was put back."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.desk import DEFAULT_DATA, CommandError, DataFolder, open_house_with_vault
from cli.evidence import audit
from cli.vault import vault
from house.recovery import (
    OPENED_FILE,
    recover_vault,
    release_held,
    restore_ledger,
    two_people,
)
from identity.people import Person
from vault.recovery_client import Rejoined

__all__ = ["recover", "release", "restore", "vault"]

Present = Annotated[
    list[str] | None,
    typer.Option(metavar="USERNAME", help="one of the two people who agree; give it twice"),
]
NewOrigin = Annotated[
    bool, typer.Option("--new-origin", help="the ledger goes on under a new name: say so knowingly")
]


@vault.command("recover")
def recover(present: Present = None, data: DataFolder = DEFAULT_DATA) -> None:
    """Put a restored copy of the vault right with the ledger; two people agree by their codes."""
    with open_house_with_vault(data) as house:
        rejoined = recover_vault(house, two_people(house, present or [], _ask_code))
    typer.echo(
        f"the vault is joined from entry {rejoined.former_size} to {rejoined.size}; older permits are void"
    )
    _say_held(rejoined)


@vault.command("release")
def release(
    objects: Annotated[list[str], typer.Argument(metavar="OBJECT…", help="as `recover` named them")],
    present: Present = None,
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Let go what a recovery holds shut; two people agree by their codes."""
    with open_house_with_vault(data) as house:
        released = release_held(house, two_people(house, present or [], _ask_code), objects)
    typer.echo(f"let go: {', '.join(released) or 'nothing was held'}")


@vault.command("restore")
@audit.command("restore")
def restore(present: Present = None, new_origin: NewOrigin = False, data: DataFolder = DEFAULT_DATA) -> None:
    """Go on with a ledger from a backup, which the vault is ahead of, under a new origin."""
    if not new_origin:
        raise CommandError("this starts a new origin, which no witness of the old one follows: --new-origin")
    with open_house_with_vault(data) as house:
        newest = house.reader.checkpoint()
        rejoined = restore_ledger(house, two_people(house, present or [], _ask_code))
        status = house.vault.status()
    if rejoined is not None:
        gap = rejoined.former_size - rejoined.size
        typer.echo(f"the vault had seen {rejoined.former_size} entries; this ledger has {rejoined.size}")
        typer.echo(f"at least {max(gap, 0)} entries are lost, from {rejoined.size} on")
        if rejoined.opened:
            typer.echo(f"{len(rejoined.opened)} of them opened something: {data / OPENED_FILE}")
        _say_held(rejoined)
    typer.echo(f"newest checkpoint of the old origin here: {_second_line(newest)} entries")
    typer.echo("ask your witnesses and anchors for a newer one: what it covers beyond this is the gap")
    typer.echo(f"the ledger goes on as {status.origin}; hand out its key: {status.vkey}")
    typer.echo("set a fresh anchor folder: the one before goes on naming the old origin's heads")
    typer.echo("every session, invitation and link has ended")


def _say_held(rejoined: Rejoined) -> None:
    for object_id in rejoined.destroyed:
        typer.echo(f"destroyed again, by its record: {object_id}")
    for object_id in rejoined.shut:
        typer.echo(f"held shut, a permit to destroy names it: {object_id}")


def _second_line(checkpoint: str | None) -> str:
    return checkpoint.splitlines()[1] if checkpoint else "no"


def _ask_code(person: Person) -> str:
    code: str = typer.prompt(f"{person.papers.name}, the code that your authenticator shows", hide_input=True)
    return code
