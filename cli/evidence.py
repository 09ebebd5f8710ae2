"""`sealedbook audit …`: hand the ledger to an outsider, check one as an outsider, prune what is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from audit.bundle import write_bundle, write_extension
from audit.checkpoint import Head
from audit.entry import Resource
from audit.events import Event
from audit.verify import verify_bundle
from cli.desk import (
    CONSOLE_OPERATOR,
    DEFAULT_DATA,
    CommandError,
    DataFolder,
    open_house,
    open_house_with_vault,
    read_text,
)
from cli.outside import anchors, cosigned, stream
from house.founding import VKEY_FILE, kept_vkey
from house.keys import key_history
from house.reconciling import reconcile
from house.retention import plan_ledger_pruning, prune_ledger
from house.wiring import House
from house.witnesses import WITNESS_SECONDS, cosigned_now
from policies.actions import Action
from policies.gate import Ask
from runtime.clock import PACIFIC
from runtime.database import reading

audit = typer.Typer(help="Hand the ledger to an outsider, and check one as an outsider.")
audit.command("anchors")(anchors)
audit.command("cosigned")(cosigned)
audit.add_typer(stream, name="stream")


@audit.command("bundle")
def bundle(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="a new folder for the bundle")],
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Write the ledger with its signed checkpoint, to be verified offline."""
    with open_house_with_vault(data) as house:
        head = make_bundle(house, folder)
    typer.echo(f"{folder}: {head.size} entries under a signed checkpoint")
    typer.echo(f"verify it with: sealedbook audit verify {folder} --vkey {data / VKEY_FILE}")


@audit.command("extension")
def extension(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="a new folder for the proof")],
    since: Annotated[Path, typer.Option(metavar="OLD_CHECKPOINT", help="the checkpoint to be extended")],
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Write a signed checkpoint and the proof that it extends an old one: small, and without entries."""
    old = read_text(since)
    with open_house_with_vault(data) as house:
        head = _hand_out(house, partial(write_extension, old_note=old), folder)
    typer.echo(f"{folder}: a checkpoint over {head.size} entries, and the proof that it extends {since}")
    typer.echo(f"verify it with: sealedbook audit verify {folder} --vkey {data / VKEY_FILE} --since {since}")


@audit.command("verify")
def verify(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="the bundle")],
    vkey: Annotated[
        Path | None, typer.Option(metavar="FILE", help="the ledger's key, as you know it")
    ] = None,
    since: Annotated[
        Path | None, typer.Option(metavar="OLD_CHECKPOINT", help="a checkpoint that you saw earlier")
    ] = None,
    witness: Annotated[
        list[Path] | None,
        typer.Option(metavar="VKEY_FILE", help="the key of a witness that must have cosigned; may repeat"),
    ] = None,
    quiet_between: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="FROM TO", help="demand that no entry stands from FROM to before TO (RFC 3339)"),
    ] = None,
) -> None:
    """Check a bundle: no installation, no network and no secret is needed."""
    verdict = verify_bundle(
        folder,
        vkey=read_text(vkey) if vkey else None,
        since=read_text(since) if since else None,
        witnesses=[read_text(each) for each in witness or ()],
        quiet=quiet_between,
    )
    for line in verdict.lines():
        typer.echo(line)


@audit.command("prune")
def prune(
    before: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="entries of earlier days go (days in California)")
    ],
    yes: Annotated[bool, typer.Option("--yes", help="do it; without, only say what would go")] = False,
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Take the bytes of entries away whose retention is over; hashes and proofs stay."""
    moment = before.replace(tzinfo=PACIFIC)
    with open_house(data) as house:
        if yes:
            done = prune_ledger(house, CONSOLE_OPERATOR, moment)
            typer.echo(f"pruned {done.count} of the first {done.head.size} entries")
            return
        plan = plan_ledger_pruning(house, moment)
        typer.echo(f"{plan.count} of the first {plan.head.size} entries would go; nothing was changed")
        if plan.count:
            typer.echo(f"prune them with: sealedbook audit prune --before {before:%Y-%m-%d} --yes")


@audit.command("reconcile")
def reconcile_books(data: DataFolder = DEFAULT_DATA) -> None:
    """Hold whose data each book and page showed against its root in the ledger; exit 1 where they differ."""
    with open_house(data) as house, reading(house.engine) as connection:
        found = reconcile(connection)
    for one in found.differences:
        typer.echo(f"entry {one.index}: {one.said}", err=True)
    if found.differences:
        held = found.books + found.pages + found.feeds + found.confirmations
        raise CommandError(f"{len(found.differences)} of {held} entries differ")
    typer.echo(
        f"{found.books} books, {found.pages} pages, {found.feeds} parts of feeds and "
        f"{found.confirmations} confirmations are as the ledger says"
    )


def make_bundle(house: House, folder: Path) -> Head:
    """Write a bundle under a permit; the permit itself is in it."""
    return _hand_out(house, write_bundle, folder)


def _hand_out(house: House, write: Callable[..., Head], folder: Path) -> Head:
    resource = Resource(kind="ledger", id=house.settings.origin.rpartition("/")[2])
    with house.gate.transaction(CONSOLE_OPERATOR) as tx:
        permit = tx.decide(Ask(action=Action.READ_LEDGER, resource=resource))
    note = cosigned_now(house, house.vault.sign(), CONSOLE_OPERATOR, WITNESS_SECONDS)
    vkey = kept_vkey(house.settings)
    head = write(house.reader, folder, vkey_text=vkey, checkpoint_note=note, keys=key_history(house))
    with house.gate.transaction(CONSOLE_OPERATOR) as tx:
        tx.record(Event.LEDGER_EXPORTED, Action.READ_LEDGER, resource, because=permit)
    return head
