"""`sealedbook snapshot list` and `show`: how the week stands, and what each import holds and changed."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Any

import typer

from cli.desk import DEFAULT_DATA, DataFolder, open_house
from runtime.clock import pacific, rfc3339
from runtime.database import reading
from snapshot.published import (
    SnapshotLine,
    SnapshotNotFoundError,
    list_snapshots,
    newest_published,
    rows_by_agent,
)
from snapshot.week import Week, this_week
from store.destruction import gone_everywhere

AsJson = Annotated[bool, typer.Option("--json", help="print one JSON object")]


def list_all(data: DataFolder = DEFAULT_DATA, as_json: AsJson = False) -> None:
    """List every import attempt, the newest data first, after how this week's data stand."""
    with open_house(data) as house, reading(house.engine) as connection:
        week = this_week(connection, house.clock.now())
        window = house.policy.numbers.backup_window_days
        lines = list_snapshots(connection)
        newest = newest_published(connection)
    in_force = newest.attempt if newest else None
    if as_json:
        told = [_told(line, window, in_force) for line in lines]
        typer.echo(json.dumps({"week": told_week(week), "attempts": told}))
        return
    late = ", late" if week.is_late else ""
    typer.echo(f"{pacific(week.as_of)}  {week.stage.value}{late}: the data of this week")
    for line in lines:
        typer.echo(_line(line, window, in_force))


def show(
    attempt: Annotated[str, typer.Argument(help="which attempt; `snapshot list` names them")],
    data: DataFolder = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Show one import attempt: its counts by kind and agent, and what it changed."""
    with open_house(data) as house, reading(house.engine) as connection:
        found = next((line for line in list_snapshots(connection) if line.attempt == attempt), None)
        if found is None:
            raise SnapshotNotFoundError("there is no such import attempt")
        agents = rows_by_agent(connection, attempt)
        newest = newest_published(connection)
        numbers = house.policy.numbers
    changes = found.summary.changes if found.summary else None
    drift = changes.drift(numbers) if changes else ()
    in_force = newest.attempt if newest else None
    if as_json:
        beyond = [asdict(each) for each in drift]
        told = _told(found, numbers.backup_window_days, in_force)
        typer.echo(json.dumps(told | {"drift": beyond, "rows_by_agent": agents}))
        return
    typer.echo(_line(found, numbers.backup_window_days, in_force))
    if found.summary is not None:
        typer.echo(f"  {found.summary.delegated} delegations of consumers to agents")
        for name, count in (*found.summary.kinds.items(), *found.summary.delegations.items()):
            typer.echo(f"  {count} {name}")
        for line in changes.lines() if changes else ():
            typer.echo(f"  {line}")
    for each in drift:
        typer.echo(f"  {each.line()}")
    for agent, rows in agents.items():
        typer.echo(f"  agent {agent}: {rows} active rows")


def told_week(week: Week) -> dict[str, Any]:
    """Return how a week stands, for JSON."""
    return {"as_of": rfc3339(week.as_of), "state": week.stage.value, "late": week.is_late}


def _told(line: SnapshotLine, window: int, in_force: str | None) -> dict[str, Any]:
    moments = {
        name: None if moment is None else rfc3339(moment)
        for name, moment in (
            ("as_of", line.as_of),
            ("begun_at", line.begun_at),
            ("published_at", line.published_at),
            ("destroyed_at", line.destroyed_at),
        )
    }
    gone = gone_everywhere(line.destroyed_at, window).isoformat() if line.destroyed_at else None
    more = {"gone_everywhere_on": gone, "in_force": line.attempt == in_force}
    return asdict(line) | moments | more


def _line(line: SnapshotLine, window: int, in_force: str | None) -> str:
    revision = "no revision" if line.revision is None else f"revision {line.revision}"
    reason = f" ({line.reason.value})" if line.reason else ""
    standing = f"{line.state.value}, in force" if line.attempt == in_force else line.state.value
    digest = f"  digest {line.digest}" if line.digest else ""
    destroyed = (
        f"  rows destroyed here {pacific(line.destroyed_at)}, and everywhere, backups too, by "
        f"{gone_everywhere(line.destroyed_at, window)}"
        if line.destroyed_at
        else ""
    )
    return (
        f"{pacific(line.as_of)}  {revision}{reason}  {standing}  "
        f"{line.rows} rows of {line.agents} agents  attempt {line.attempt}{digest}{destroyed}"
    )
