"""`sealedbook vault …`: change keys, share the recovery key among holders, rebuild, destroy, serve.

Shares go to the terminal and nowhere else. They are no arguments, stand in no log and no file; who
rebuilds types them, or hands them over on standard input, one a line.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from enum import StrEnum
from typing import Annotated

import typer

from audit.entry import Resource
from audit.events import Event
from cli.desk import (
    CONSOLE_OPERATOR,
    DEFAULT_DATA,
    CommandError,
    DataFolder,
    open_house,
    open_house_with_vault,
)
from house import keys
from house.children import vault_arguments
from house.presence import two_present
from house.wiring import House
from identity.people import Person
from runtime.settings import Settings, load_settings
from store.destruction import gone_everywhere
from vault.providers import provider_from
from vault.rebuilding import rebuild_wrapping_key
from vault.shares import new_recovery_key, public_half, split_key

vault = typer.Typer(help="Change, share out, rebuild and destroy the vault's keys; run it by itself.")
_ASKED_WORDS = 2
_REBUILDING = Resource(kind="command", id="vault-rebuild")


class Key(StrEnum):
    """What `vault rotate` changes."""

    WRAPPING = "wrapping"
    CREDENTIALS = "credentials"
    CHECKPOINT = "checkpoint"


@vault.command("rotate")
def rotate(key: Annotated[Key, typer.Argument(help="which key")], data: DataFolder = DEFAULT_DATA) -> None:
    """Change a key under a permit; the one before is destroyed."""
    with open_house_with_vault(data) as house:
        if key is Key.WRAPPING:
            made = keys.rotate_wrapping(house, CONSOLE_OPERATOR)
            typer.echo(f"every secret is wrapped under the fresh key {made}; back the vault up again")
        elif key is Key.CREDENTIALS:
            keys.rotate_credentials(house, CONSOLE_OPERATOR)
            typer.echo("api, worker and operator have other credentials; those before are refused")
        else:
            typer.echo(f"the ledger's key is now: {keys.rotate_checkpoint(house, CONSOLE_OPERATOR)}")
            typer.echo("hand it to whoever verifies; the key before signed for it in every bundle")


@vault.command("ceremony")
def ceremony(
    present: Annotated[
        list[str] | None,
        typer.Option(metavar="USERNAME", help="one of the two people present; give it twice"),
    ] = None,
    needed: Annotated[int, typer.Option(help="how many shares are enough")] = 2,
    holders: Annotated[int, typer.Option(help="how many people hold a share")] = 3,
    as_json: Annotated[
        bool, typer.Option("--json", help="print the shares as one JSON object (demo installations only)")
    ] = False,
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Share a recovery key among holders, in the presence of two; it brings a lost wrapping key back."""
    with open_house_with_vault(data) as house:
        recovery = new_recovery_key()
        shares = split_key(recovery, needed=needed, holders=holders)
        if as_json:
            if house.settings.mode != "demo":
                raise CommandError("--json is for a demo: shares belong on no screen but their holder's")
        else:
            two_present(house, present or [], _ask_password, "vault-ceremony")
            for place, share in enumerate(shares, start=1):
                _hand_over(place, holders, share)
        made = keys.take_recovery_key(house, CONSOLE_OPERATOR, public_half(recovery))
    if as_json:
        typer.echo(json.dumps({"needed": needed, "shares": shares, "wrapping_key": made}))
    else:
        typer.echo(f"{needed} of {holders} shares bring the wrapping key back; earlier shares don't any more")


@vault.command("rebuild")
def rebuild(data: DataFolder = DEFAULT_DATA) -> None:
    """Rebuild a lost wrapping key from recovery shares; the vault must not run."""
    settings = load_settings(data, Settings)
    provider = provider_from(os.environ, settings.vault_home)
    made = rebuild_wrapping_key(settings.vault_home, provider, _read_shares())
    typer.echo(f"the wrapping key {made} is back with the provider `{provider.name}`")
    with open_house(data) as house:
        _record_rebuilding(house)


@vault.command("settle")
def settle(data: DataFolder = DEFAULT_DATA) -> None:
    """Finish a change of keys that was interrupted: files follow the vault."""
    with open_house_with_vault(data) as house:
        keys.settle(house, CONSOLE_OPERATOR)
    typer.echo("credentials and the ledger's key are as the vault knows them")


@vault.command("destroy-year")
def destroy_year(
    year: Annotated[int, typer.Argument(help="whose pseudonyms nobody is to link any more")],
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Destroy a year's pseudonym key after its term; print the vault's signed record."""
    with open_house_with_vault(data) as house:
        typer.echo(keys.destroy_year(house, CONSOLE_OPERATOR, year), nl=False)
        gone = gone_everywhere(house.clock.now(), house.policy.numbers.backup_window_days)
    typer.echo(f"destroyed here; and everywhere, backups too, by {gone}", err=True)


@vault.command("serve")
def serve(data: DataFolder = DEFAULT_DATA) -> None:
    """Run the vault alone in this process, as a service with a user of its own does."""
    arguments = [one for one in vault_arguments(load_settings(data, Settings)) if "--parent-pid" not in one]
    os.execv(sys.executable, [sys.executable, "-m", *arguments])  # noqa: S606 - our own program


def _ask_password(person: Person) -> str:
    typed: str = typer.prompt(f"{person.papers.name}, your password", hide_input=True)
    return typed


def _hand_over(place: int, holders: int, share: str) -> None:
    """Show one holder their share, once, and have them show that they wrote it down."""
    words = share.split()
    typer.prompt(
        f"share {place} of {holders}: only its holder looks at the screen now; press Enter",
        default="",
        show_default=False,
        prompt_suffix="",
    )
    for start in range(0, len(words), 4):
        line = (f"{at + 1:2} {words[at]:<10}" for at in range(start, min(start + 4, len(words))))
        typer.echo("  " + " ".join(line))
    for at in sorted(secrets.SystemRandom().sample(range(len(words)), _ASKED_WORDS)):
        while typer.prompt(f"word {at + 1}", hide_input=True).strip().lower() != words[at]:
            typer.echo("that isn't the word; look at what you wrote down")
    # The next holder doesn't see this one's words, nor does the terminal's scrollback keep them.
    typer.echo("\x1b[2J\x1b[3J\x1b[H", nl=False)


def _read_shares() -> list[str]:
    if not sys.stdin.isatty():
        return [line for line in sys.stdin.read().splitlines() if line.strip()]
    shares: list[str] = []
    while line := str(
        typer.prompt(
            f"share {len(shares) + 1} (33 words; nothing when there are no more)",
            default="",
            show_default=False,
            hide_input=True,
        )
    ).strip():
        shares.append(line)
    return shares


def _record_rebuilding(house: House) -> None:
    with house.gate.transaction(CONSOLE_OPERATOR) as tx:
        tx.record(Event.COMMAND_ISSUED, "RebuildKey", _REBUILDING)
