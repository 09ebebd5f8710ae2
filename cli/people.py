"""`sealedbook people …`: take the exchange's roster over; in a demo, let an agent sign in."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Annotated

import typer

from audit.entry import Resource
from audit.events import Event
from cli.desk import CONSOLE_OPERATOR, DEFAULT_DATA, DataFolder, open_house, open_house_with_vault
from house.enrolment import enrol_person
from house.wiring import House
from identity.roster import read_roster
from policies.actions import Action
from policies.gate import Ask
from store.people import keep_roster

people = typer.Typer(help="Take the exchange's roster over; in a demo, let an agent sign in.")


@people.command("import")
def import_roster(
    file: Annotated[Path, typer.Argument(help="the roster, as CSV")], data: DataFolder = DEFAULT_DATA
) -> None:
    """Take over who the agents are and what papers they have, whole or not at all."""
    with open_house(data) as house:
        added, known = take_roster(house, file)
    typer.echo(f"roster taken over: {added} new agents, {known} known")


@people.command("enrol")
def enrol(
    licence: Annotated[str, typer.Argument(metavar="LICENSE", help="an agent of the roster")],
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Print what an agent signs in with, once (demo installations only)."""
    with open_house_with_vault(data) as house:
        made = enrol_person(house, CONSOLE_OPERATOR, licence)
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(made)))
        return
    for name, value in dataclasses.asdict(made).items():
        typer.echo(f"{name}: {value}")


def take_roster(house: House, file: Path) -> tuple[int, int]:
    """Take a roster over under a permit; return how many agents were new and how many known."""
    content = file.read_bytes()
    roster = read_roster(content)
    resource = Resource(kind="roster", id=f"sha256:{hashlib.sha256(content).hexdigest()}")
    with house.gate.transaction(CONSOLE_OPERATOR) as tx:
        permit = tx.decide(Ask(action=Action.MANAGE_PEOPLE, resource=resource))
        counts = keep_roster(tx.connection, roster, tx.now)
        tx.record(Event.ROSTER_IMPORTED, Action.MANAGE_PEOPLE, resource, because=permit)
    return counts
