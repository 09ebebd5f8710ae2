"""`sealedbook init`: make an installation, for a demo or for good and all.

A live one is founded by two people, a reviewer and an operator. Their codes are printed once and
kept nowhere; whoever founds hands each to the person it is for.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Annotated

import typer

from cli.demo import EXCHANGE
from cli.desk import DEFAULT_DATA, CommandError, DataFolder, parse_moment
from cli.people import newcomer
from house.founding import Charter, found_installation
from house.invitations import Invited
from identity.people import Newcomer, Role

_WHO = "NAME <ADDRESS>"


def init(
    demo_mode: Annotated[bool, typer.Option("--demo", help="a demo installation, for good")] = False,
    clock_start: Annotated[
        datetime | None,
        typer.Option(parser=parse_moment, metavar="TIMESTAMP", help="what the demo's clock shows now"),
    ] = None,
    exchange: Annotated[str | None, typer.Option(help="the exchange's name, as people know it")] = None,
    reviewer: Annotated[str | None, typer.Option(metavar=_WHO, help="the founding reviewer")] = None,
    operator: Annotated[str | None, typer.Option(metavar=_WHO, help="the founding operator")] = None,
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Make an installation in an empty folder: keys, credentials, and the ledger's first entries."""
    if demo_mode:
        if reviewer or operator:
            raise CommandError("a demo has no founding people: sealedbook people invite")
        offset = round((clock_start - datetime.now(UTC)).total_seconds()) if clock_start else 0
        charter = Charter(mode="demo", exchange=exchange or EXCHANGE, clock_offset=offset)
    else:
        charter = _live(clock_start, exchange, reviewer, operator)
    settings = found_installation(data, charter, _tell)
    kind = "demo" if demo_mode else "live"
    typer.echo(f"{settings.data}: a {kind} installation, ledger {settings.origin}")


def _live(
    clock_start: datetime | None, exchange: str | None, reviewer: str | None, operator: str | None
) -> Charter:
    if clock_start is not None:
        raise CommandError("a live installation's clock shows the time; --clock-start is for a demo")
    if not (exchange and reviewer and operator):
        raise CommandError(
            "a live installation is founded with --exchange NAME and two people, "
            f'--reviewer "{_WHO}" --operator "{_WHO}"; a demo with: sealedbook init --demo'
        )
    founders = (_founder(Role.REVIEWER, reviewer), _founder(Role.OPERATOR, operator))
    if founders[0].email.casefold() == founders[1].email.casefold():
        raise CommandError("the founding people are two, with an address each")
    return Charter(mode="live", exchange=exchange, founders=founders)


def _founder(role: Role, text: str) -> Newcomer:
    name, address = parseaddr(text)
    return newcomer(role, name, address)


def _tell(invited: list[Invited]) -> None:
    for one in invited:
        typer.echo(f"founding {one.person.role.value}: {one.person.username}")
        typer.echo(f"  code, shown this once, until {one.invitation.expires_at}:")
        typer.echo(f"  {one.code}")
    if invited:
        typer.echo(
            "next: start the house (sealedbook serve); each of them joins at the portal's page /invitation, "
            "and both approve the policy set, under Policies"
        )
