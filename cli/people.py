"""`sealedbook people …`: take the exchange's roster over, invite people, reset what they sign in with."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from pathlib import Path
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
from house.enrolment import enrol_person
from house.exchange import check_age, check_roster, find_manifest
from house.invitations import Invited, invite_agent, invite_member, reset_person
from house.post import NoMailError, Post, find_post
from house.wiring import House
from identity.people import AGENTS, Newcomer, Role
from identity.roster import read_roster
from policies.actions import Action
from policies.gate import Ask
from runtime.clock import rfc3339
from runtime.database import reading
from store.invitations import pending_invitations
from store.people import RosterTaken, keep_roster, person_by_id, person_by_licence
from store.rosters import RosterDifference, compare_roster

people = typer.Typer(help="Take the exchange's roster over; invite people, and reset their factors.")
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}")
_LONGEST_NAME = 120


@people.command("import")
def import_roster(
    file: Annotated[Path, typer.Argument(help="the roster, as CSV")],
    manifest: Annotated[
        Path | None, typer.Option(help="what the exchange says of the file; needed outside demo")
    ] = None,
    plan: Annotated[bool, typer.Option("--plan", help="only say what would change")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="though many agents are missing")] = False,
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Take over who the agents are and what papers they have, whole or not at all.

    Says first who is new, whose papers differ in which columns, and who is missing.
    """
    with open_house(data) as house:
        believed = find_manifest(house.settings, manifest)
        check_roster(believed, file)
        numbers = house.policy.numbers
        check_age(believed, house.clock.now(), numbers.roster_stale_days)
        with reading(house.engine) as connection:
            difference = compare_roster(connection, read_roster(file.read_bytes()))
        tell_difference(difference)
        if plan:
            typer.echo("nothing was changed")
            return
        if difference.missing_percent > numbers.drift_agents_gone_percent and not yes:
            raise CommandError(
                f"{difference.missing_percent:.0f} percent of the agents are missing: ask the exchange, "
                "and if they are right, say so with --yes"
            )
        taken = take_roster(house, file)
    typer.echo(f"roster taken over: {taken.added} new agents, {taken.known} known")
    if taken.left:
        typer.echo(
            f"{taken.left} left alone: their records were changed outside the service; see sealedbook doctor"
        )


def tell_difference(difference: RosterDifference) -> None:
    """Say what a roster changes, by licences and columns."""
    for licence in difference.new:
        typer.echo(f"new      {licence}")
    for licence, columns in difference.changed.items():
        typer.echo(f"changed  {licence}: {', '.join(columns)}")
    for licence in difference.back:
        typer.echo(f"back     {licence}")
    for licence in difference.missing:
        typer.echo(f"missing  {licence}: access stops")
    if not (difference.new or difference.changed or difference.back or difference.missing):
        typer.echo("nothing differs from the roster before")


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


@people.command("invite")
def invite(
    role: Annotated[Role, typer.Option(help="what the person will be")],
    licence: Annotated[
        str | None, typer.Option("--license", help="an agent or manager of the roster")
    ] = None,
    email: Annotated[str | None, typer.Option(help="a reviewer's or operator's address")] = None,
    name: Annotated[str | None, typer.Option(help="their name")] = None,
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Mail a single-use invitation; a second person approves it in the portal."""
    with open_house(data) as house:
        if role in AGENTS:
            if licence is None or email or name:
                raise CommandError("agents and managers are of the roster: name one by --license alone")
            _check_role(house, licence, role)
            invited = invite_agent(house, CONSOLE_OPERATOR, licence, _post_of(house))
        else:
            if licence or email is None or name is None:
                raise CommandError("reviewers and operators are named by --email and --name alone")
            invited = invite_member(house, CONSOLE_OPERATOR, newcomer(role, name, email), _post_of(house))
        _tell(house, invited)


@people.command("reset")
def reset(
    person: Annotated[str, typer.Argument(metavar="LICENSE|EMAIL", help="whose factors")],
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Take from a person what they sign in with, and mail an invitation to choose anew."""
    with open_house(data) as house:
        _tell(house, reset_person(house, CONSOLE_OPERATOR, person, _post_of(house)))


@people.command("invitations")
def show_invitations(data: DataFolder = DEFAULT_DATA) -> None:
    """List the invitations that aren't over, newest first."""
    with open_house(data) as house:
        now = house.clock.now()
        with reading(house.engine) as connection:
            for one in pending_invitations(connection, now):
                person = person_by_id(connection, one.person)
                standing = one.standing(rfc3339(now)).value
                whom = f"{person.role.value} {person.username}"
                typer.echo(f"{one.id}  {standing:8}  {one.kind.value:5}  until {one.expires_at}  {whom}")


def newcomer(role: Role, name: str, email: str) -> Newcomer:
    """Return somebody to invite, or raise CommandError."""
    if not _ADDRESS.fullmatch(email):
        raise CommandError("that is no mail address (letters, digits and ._%+- before the @)")
    if not name.strip() or not name.isprintable() or len(name) > _LONGEST_NAME:
        raise CommandError("a person's name is one line of text")
    return Newcomer(role=role, name=name.strip(), email=email)


def _check_role(house: House, licence: str, role: Role) -> None:
    with reading(house.engine) as connection:
        found = person_by_licence(connection, licence).role
    if found is not role:
        raise CommandError(f"the roster calls this person a {found.value}; roles come from the roster")


def _post_of(house: House) -> Post | None:
    """Return how mail goes; a demo without a mail server does without, since it prints the code."""
    try:
        return find_post(house.settings)
    except NoMailError:
        if house.settings.mode == "demo":
            return None
        raise


def _tell(house: House, invited: Invited) -> None:
    until = invited.invitation.expires_at
    typer.echo(f"invitation {invited.invitation.id} for {invited.person.username}, until {until}")
    if house.settings.mode == "demo":
        typer.echo(f"approved at once, as this is a demo; its code: {invited.code}")
    else:
        typer.echo("mailed; it opens once a reviewer (or another operator) approved it in the portal")


def take_roster(house: House, file: Path) -> RosterTaken:
    """Take a roster over under a permit, with an entry for each agent whose record it changes."""
    content = file.read_bytes()
    roster = read_roster(content)
    resource = Resource(kind="roster", id=f"sha256:{hashlib.sha256(content).hexdigest()}")
    with house.gate.transaction(CONSOLE_OPERATOR) as tx:
        permit = tx.decide(Ask(action=Action.MANAGE_PEOPLE, resource=resource))
        unsound = frozenset(house.records.unsound(tx.connection))
        taken = keep_roster(tx.connection, roster, tx.now, unsound)
        tx.record(Event.ROSTER_IMPORTED, Action.MANAGE_PEOPLE, resource, because=permit)
        for person, record in house.records.of_all(tx.connection, taken.changed).items():
            whose = Resource(kind="person", id=person)
            tx.record(Event.PERSON_RECORDED, Action.MANAGE_PEOPLE, whose, because=permit, record=record)
    return taken
