"""`sealedbook doctor` and `sealedbook status`: how an installation is, in numbers and codes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer

from cli.desk import DEFAULT_DATA, DataFolder, open_house
from cli.snapshot_looks import told_week
from house.anchoring import Look
from house.doctor.examination import examine
from house.doctor.findings import Verdict
from house.overview import Overview, read_overview
from house.serving import is_served, read_serving
from house.streaming import StreamLook
from house.wiring import House
from runtime.clock import PACIFIC, rfc3339

_COLOUR = {Verdict.OK: typer.colors.GREEN, Verdict.WARN: typer.colors.YELLOW, Verdict.FAIL: typer.colors.RED}
AsJson = Annotated[bool, typer.Option("--json", help="print one JSON object")]


def doctor(data: DataFolder = DEFAULT_DATA, as_json: AsJson = False) -> None:
    """Check keys, database, ledger, vault, broker, mail, clock, ages and disk; exit 1 when one fails."""
    with open_house(data) as house:
        findings = examine(house)
    has_failed = any(finding.verdict is Verdict.FAIL for finding in findings)
    if as_json:
        typer.echo(json.dumps({"ok": not has_failed, "checks": [asdict(finding) for finding in findings]}))
    else:
        for finding in findings:
            verdict = typer.style(f"{finding.verdict:<6}", fg=_COLOUR[finding.verdict])
            typer.echo(f"{verdict}{finding.check:<13}{finding.said}")
            if finding.advice:
                typer.echo(f"{'':16}→ {finding.advice}")
    if has_failed:
        raise typer.Exit(1)


def status(data: DataFolder = DEFAULT_DATA, as_json: AsJson = False) -> None:
    """Say what runs, how the exports stand, how old the data are, and how far the ledger is signed."""
    with open_house(data) as house:
        said = _standing(house, read_overview(house))
    if as_json:
        typer.echo(json.dumps(said))
        return
    for name, value in said.items():
        typer.echo(f"{name.replace('_', ' '):<18}{_shown(value)}")


def _standing(house: House, overview: Overview) -> dict[str, Any]:
    serving = read_serving(house.settings.data)
    snapshot, signed, vault = overview.snapshot, overview.signed, overview.vault
    return {
        "mode": house.settings.mode,
        "ledger": house.settings.origin,
        "clock": rfc3339(overview.now),
        "running": is_served(house.settings.data),
        "url": serving.url if serving else None,
        "exports": {state.value: count for state, count in overview.exports.items() if count},
        "due": overview.due,
        "snapshot": {"as_of": snapshot.ref.as_of, "revision": snapshot.ref.revision, "rows": snapshot.rows}
        if snapshot
        else None,
        "week": told_week(overview.week),
        "next_cutoff": _pacific(overview.next_cutoff),
        "next_publication": _pacific(overview.next_publication),
        "entries": overview.entries,
        "signed": {"entries": signed.size, "at": signed.at} if signed else None,
        "vault": {
            "locked": vault.locked,
            "entries": vault.size,
            "alarms": {alarm.kind: alarm.times for alarm in vault.alarms},
        }
        if vault
        else None,
        "anchors": _aged(overview.outside.anchors),
        "witnesses": _aged(overview.outside.witnesses),
        "stream": _streamed(overview.outside.stream),
    }


def _aged(looks: Iterable[Look]) -> dict[str, Any] | None:
    return {
        look.post.name: {
            "entries": look.standing.size,
            "age_seconds": None if look.age_seconds is None else round(look.age_seconds),
            "overdue": look.is_overdue,
        }
        for look in looks
    } or None


def _streamed(look: StreamLook | None) -> dict[str, Any] | None:
    if look is None:
        return None
    return {
        "sent": look.standing.size,
        "waiting": look.waiting,
        "lag_seconds": round(look.lag_seconds),
        "paused": look.standing.paused,
        "late": look.is_late,
        "reason": look.standing.reason,
    }


def _pacific(moment: datetime) -> str:
    return moment.astimezone(PACIFIC).isoformat()


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_shown(each)}" for name, each in value.items()) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)
