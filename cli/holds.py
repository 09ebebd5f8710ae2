"""`sealedbook snapshot hold`, `release-hold` and `holds`: keep agents' rows for the law, by two people."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
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
from house.holds import find_held, place_hold, present_to_hold, present_to_release, release_hold
from house.presence import two_present
from identity.people import Person
from runtime.database import reading
from snapshot.holds import HoldReason, list_holds

Which = Annotated[
    str,
    typer.Argument(
        metavar="ATTEMPT|AS_OF", help="the snapshot, or its cut-off, as 2026-11-20T21:00:00-08:00"
    ),
]
Present = Annotated[
    list[str] | None,
    typer.Option(metavar="USERNAME", help="one of the two people present; give it twice"),
]


def hold(
    snapshot: Which,
    agent: Annotated[list[str], typer.Option(metavar="LICENSE", help="whose rows; may be given again")],
    reason: Annotated[HoldReason, typer.Option(help="why")],
    review: Annotated[str, typer.Option(metavar="DATE", help="when it is looked at again, as 2027-06-30")],
    present: Present = None,
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Hold agents' rows of a published snapshot beyond its weeks; nobody can read them meanwhile."""
    with open_house_with_vault(data) as house:
        attempt, looked_at = find_held(house, snapshot), _parse_date(review)
        two_present(house, present or [], _ask_password, present_to_hold(attempt))
        place_hold(house, CONSOLE_OPERATOR, attempt, agent, reason, looked_at)
    typer.echo(f"held of snapshot {attempt}: {', '.join(sorted(set(agent)))}; to be reviewed by {looked_at}")


def release(snapshot: Which, present: Present = None, data: DataFolder = DEFAULT_DATA) -> None:
    """Let go all that is held of a snapshot; its keys are destroyed with a record, its bytes deleted."""
    with open_house_with_vault(data) as house:
        attempt = find_held(house, snapshot)
        two_present(house, present or [], _ask_password, present_to_release(attempt))
        agents = release_hold(house, CONSOLE_OPERATOR, attempt)
    typer.echo(f"let go of snapshot {attempt}: {', '.join(agents)}; the next sweep destroys it for good")


def list_all(
    data: DataFolder = DEFAULT_DATA,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    """List what is or was held, the oldest first."""
    with open_house(data) as house, reading(house.engine) as connection:
        holds, today = list_holds(connection), house.clock.now().date()
    if as_json:
        told = [
            asdict(one) | {"review_on": f"{one.review_on}", "overdue": one.is_overdue(today)} for one in holds
        ]
        typer.echo(json.dumps({"holds": told}))
        return
    for one in holds:
        overdue = ", overdue" if one.is_overdue(today) else ""
        typer.echo(
            f"{one.state.value}  agent {one.agent}  attempt {one.attempt}  {one.reason.value}  "
            f"asked for {one.asked_at[:10]}  review by {one.review_on}{overdue}"
        )
    if not holds:
        typer.echo("nothing is held")


def _parse_date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError("--review takes a date as 2027-06-30") from None


def _ask_password(person: Person) -> str:
    typed: str = typer.prompt(f"{person.papers.name}, your password", hide_input=True)
    return typed
