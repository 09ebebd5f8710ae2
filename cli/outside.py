"""`sealedbook audit anchors` and `sealedbook audit stream …`: what leaves the house, seen and steered."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from audit.anchor import Anchor, AnchorError, Trouble
from audit.entry import Resource
from audit.events import Event
from cli.desk import CONSOLE_OPERATOR, DEFAULT_DATA, CommandError, DataFolder, open_house
from delivery.sinks import SinkError
from house.anchoring import Look, look_at_anchors
from house.anchors import ledger_keys, read_back, readable_anchors
from house.outside import look_outside
from house.streaming import STREAM, look_at_stream, next_batch, sink_of, write_batch
from house.wiring import House
from house.witnesses import take_cosigned
from runtime.clock import rfc3339
from runtime.database import reading
from store.outposts import note_paused, standing_of

stream = typer.Typer(help="The outgoing stream of entries: see it, pause it, try it.", no_args_is_help=True)


def anchors(data: DataFolder = DEFAULT_DATA) -> None:
    """List anchors and witnesses, read each anchor back, and hold its newest head against the ledger."""
    with open_house(data) as house:
        with reading(house.engine) as connection:
            now = house.clock.now()
            looks = look_at_anchors(connection, house.settings, now)
            witnesses = look_outside(connection, house.settings, now).witnesses
        known = {look.post.name: look.standing.size for look in looks}
        readable = readable_anchors(house.settings)
        found = {anchor.name: _hold(house, anchor, known[anchor.name]) for anchor in readable}
    for look in (*looks, *witnesses):
        typer.echo(_line(look, found.get(look.post.name, ("", ""))[1]))
    if not looks:
        typer.echo("no anchor is configured")
    rewritten = [name for name, (trouble, _said) in found.items() if trouble == Trouble.NOT_EXTENDED.value]
    if rewritten:
        raise CommandError(
            f"{', '.join(rewritten)}: a head stands there that this ledger doesn't extend."
            " Stop the house and keep everything as it is: it was rolled back or rewritten"
        )
    if any(trouble for trouble, _said in found.values()):
        raise typer.Exit(1)


def cosigned(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="the checkpoint that a witness cosigned")],
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Take the lines of known witnesses over from a cosigned checkpoint that came by hand."""
    with open_house(data) as house:
        try:
            taken = take_cosigned(house, file.read_text(encoding="utf-8"), CONSOLE_OPERATOR)
        except AnchorError:
            raise CommandError("that checkpoint isn't of this ledger") from None
    typer.echo(f"{taken} new lines kept")


@stream.command("status")
def status(data: DataFolder = DEFAULT_DATA) -> None:
    """Say how far the stream is, what waits, and why."""
    with open_house(data) as house, reading(house.engine) as connection:
        look = look_at_stream(connection, house.settings, house.clock.now())
        to, form = house.settings.stream_to, house.settings.stream_form
    if look is None:
        raise CommandError("no stream is configured: set SEALEDBOOK_STREAM_TO")
    standing = look.standing
    heard = "never" if standing.reached_at is None else rfc3339(standing.reached_at)
    typer.echo(f"to       {to} as {form}")
    typer.echo(f"sent     {standing.size} entries; last batch {heard}")
    typer.echo(f"waiting  {look.waiting} entries, the oldest for {look.lag_seconds:.0f} s")
    typer.echo(f"state    {'paused' if standing.paused else standing.reason or 'well'}")


@stream.command("pause")
def pause(data: DataFolder = DEFAULT_DATA) -> None:
    """Hold the stream; entries wait in the ledger."""
    _steer(data, paused=True)


@stream.command("resume")
def resume(data: DataFolder = DEFAULT_DATA) -> None:
    """Let the stream go on, at once."""
    _steer(data, paused=False)


@stream.command("test")
def try_sink(data: DataFolder = DEFAULT_DATA) -> None:
    """Send one empty batch with the newest head now; the cursor stays where it is."""
    with open_house(data) as house:
        if not house.settings.stream_to:
            raise CommandError("no stream is configured: set SEALEDBOOK_STREAM_TO")
        with reading(house.engine) as connection:
            standing = standing_of(connection, STREAM)
        try:
            batch = next_batch(house, standing, 0)
            if batch is None:
                raise CommandError("nothing is signed yet: start the house")
            sink_of(house.settings).send(write_batch(house, batch), f"{house.settings.origin}/{batch.key}")
        except SinkError as error:
            raise CommandError(f"the sink didn't take it: {error.trouble.value}") from None
        except AnchorError:
            raise CommandError("what went out is no part of this ledger any more") from None
    typer.echo(f"taken: an empty batch at entry {batch.head.size}")


def _steer(data: Path, *, paused: bool) -> None:
    with open_house(data) as house, house.gate.transaction(CONSOLE_OPERATOR) as tx:
        note_paused(tx.connection, STREAM, paused=paused)
        action = "PauseStream" if paused else "ResumeStream"
        tx.record(Event.COMMAND_ISSUED, action, Resource(kind="stream", id=STREAM))
    typer.echo("paused" if paused else "goes on")


def _hold(house: House, anchor: Anchor, known: int) -> tuple[str, str]:
    """Return the code of what is wrong (or nothing), and what was found in words."""
    try:
        copy = read_back(house.reader, anchor, known, ledger_keys(house))
    except AnchorError as error:
        return error.trouble.value, f"NOT HELD: {error.trouble.value}"
    if copy is None:
        return "", "nothing there yet"
    return "", f"holds {copy.size} entries of {rfc3339(copy.at)}, which this ledger extends"


def _line(look: Look, read: str) -> str:
    age = "never" if look.age_seconds is None else f"{look.age_seconds / 3600:.1f} h ago"
    late = "  OVERDUE" if look.is_overdue else ""
    reason = f"  failing: {look.standing.reason}" if look.standing.reason else ""
    return (
        f"{look.post.name:<12} {look.standing.size} entries, {age}{late}{reason}{'  ' if read else ''}{read}"
    )
