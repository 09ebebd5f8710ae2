"""`sealedbook exports …`: what only a person can settle about an export."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from audit.entry import Resource
from audit.events import Event
from cli.desk import CONSOLE_OPERATOR, DEFAULT_DATA, DataFolder, open_house
from exports.states import Reason, State
from house.wiring import House
from policies.actions import Action
from runtime.broker import ADVANCE, wake
from store.exports import export_by_id, move_unclaimed

exports = typer.Typer(help="Settle what only a person can settle about an export.")


class Settled(StrEnum):
    """What a person found out about an export whose answer was lost."""

    SENT = "sent"
    BUILT = "built"
    FAILED = "failed"


_EVENT_OF = {
    Settled.SENT: Event.EXPORT_SENT,
    Settled.BUILT: Event.EXPORT_DEFERRED,
    Settled.FAILED: Event.EXPORT_FAILED,
}


def _has_queue(house: House) -> bool:
    """Tell whether there may be a queue: an embedded one runs beside `serve` only."""
    return not house.settings.has_own_broker or house.settings.broker_socket.exists()


@exports.callback()
def group() -> None:
    """Keep `resolve` a command of its group, though it is the only one."""


@exports.command("resolve")
def resolve(
    export: Annotated[str, typer.Argument(metavar="ID", help="an export in state unknown")],
    to: Annotated[
        Settled, typer.Option(help="sent: the mail arrived; built: send it again; failed: give up")
    ],
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Say what became of an export whose mail server gave no answer."""
    with open_house(data) as house:
        with house.gate.transaction(CONSOLE_OPERATOR) as tx:
            found = export_by_id(tx.connection, export)
            state = State(to.value)
            reason = None if to is Settled.SENT else Reason.ASKED_BY_PERSON.value
            move_unclaimed(
                tx.connection, export, State.UNKNOWN, state, reason=reason, next_at=None, lease_until=None
            )
            tx.record(
                _EVENT_OF[to],
                Action.SEND_BOOK,
                Resource(kind="export", id=export),
                agent=found.agent,
                export=export,
                fencing=found.built_fencing,
                channel=found.channel,
                state=state.value,
                reason=reason or Reason.ASKED_BY_PERSON.value,
            )
        if to is Settled.BUILT and _has_queue(house):
            # Only sooner: the sweep finds it anyway.
            wake(house.queue, ADVANCE, export)
    typer.echo(f"export {export}: unknown → {state.value}")
