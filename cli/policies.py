"""`sealedbook policy …`: check, propose and compare policy sets, explain and replay decisions.

A set is approved in the portal, by two reviewers with a fresh second factor each; the console
can propose one, and see how it stands.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from audit.entry import Entry, Resource
from audit.events import DECISIONS, Event
from audit.inputs import InputsError, kept_inputs, proven_facts
from audit.search import entries_of_export
from cli.desk import CONSOLE_OPERATOR, DEFAULT_DATA, CommandError, DataFolder, open_house, parse_moment
from exports.export import read_export_id
from house.impact import replay, stopped_by
from house.policies import Stage, keep_set
from house.wiring import House
from policies.actions import Action
from policies.cases import check_cases
from policies.decide import UNDECIDABLE, UNPERMITTED
from policies.gate import Ask
from policies.rules import (
    POLICIES_FOLDER,
    PolicySet,
    PolicySetError,
    Rule,
    packaged_set,
    read_folder,
)
from runtime.database import reading
from runtime.settings import INSTALLATION_FILE
from store.people import PersonNotFoundError, person_by_id
from store.policy_sets import KIND, adopted_set, approvers, proposed_sets

policy = typer.Typer(help="Check, propose and compare policy sets; explain and replay decisions.")
_LONGEST = 1000
_STAGES = {
    Stage.IN_FORCE: "in force",
    Stage.FOUNDING: "none in force yet",
    Stage.OUTGROWN: "ANOTHER VERSION'S",
    Stage.UNFIT: "CAN'T BE USED",
}


@policy.command("check")
def check(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="a policy set's folder")] = POLICIES_FOLDER,
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Check a set's schema, rules and cases, and list what it would stop now; exit 1 when it is wrong."""
    candidate = _load(folder)
    wrong = check_cases(candidate, read_folder(folder))
    for line in wrong:
        typer.echo(f"WRONG  {line}")
    rules = len({rule.id for rule in candidate.rules})
    typer.echo(f"{candidate.digest}: {rules} rules, {len(wrong)} wrong")
    if (data / INSTALLATION_FILE).exists():
        with open_house(data) as house:
            _tell_impact(house, candidate)
    if wrong:
        raise typer.Exit(1)


@policy.command("propose")
def propose(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="a policy set's folder")],
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Copy a checked set into the installation, for two reviewers to approve in the portal."""
    candidate = _load(folder)
    wrong = check_cases(candidate, read_folder(folder))
    if wrong:
        raise CommandError(f"{len(wrong)} of the set's cases fail: sealedbook policy check {folder}")
    with open_house(data) as house:
        _tell_impact(house, candidate)
        digest = propose_set(house, folder)
    typer.echo(f"proposed {digest}")
    typer.echo("two reviewers approve it in the portal's page /policies")


@policy.command("approve")
def approve(
    which: Annotated[str, typer.Argument(metavar="DIGEST|DIR", help="a set's digest, or its folder")],
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Make a set ready for approval and say who approves it, and where: the console can't."""
    with open_house(data) as house:
        digest = propose_set(house, Path(which)) if Path(which).is_dir() else _digest_of(house, which)
        with reading(house.engine) as connection:
            if adopted_set(connection) == digest:
                typer.echo(f"{digest} is in force")
                return
            people = [_name(house, one) for one in approvers(connection, digest)]
    typer.echo(f"{digest}: approved by {', '.join(people) or 'nobody yet'}")
    typer.echo("two different reviewers approve it with their second factor in the portal's page /policies")


@policy.command("status")
def status(data: DataFolder = DEFAULT_DATA) -> None:
    """Say which set is in force, and which wait for whom."""
    with open_house(data) as house:
        standing = house.policies.standing()
        with reading(house.engine) as connection:
            adopted, proposed = adopted_set(connection), proposed_sets(connection)
            if house.settings.mode == "demo":
                adopted = standing.policy.digest
            waiting = {
                one: [_name(house, who) for who in approvers(connection, one)]
                for one in dict.fromkeys([*proposed, packaged_set().digest])
                if one != adopted
            }
    typer.echo(f"{_STAGES[standing.stage]:<18}{adopted or '–'}")
    for digest, people in waiting.items():
        typer.echo(f"{'waiting':<18}{digest}  approved by {', '.join(people) or 'nobody yet'}")


@policy.command("explain")
def explain(
    export: Annotated[str, typer.Argument(metavar="EXPORT", help="an export's id")],
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Tell each decision about an export: the rule, its clause and advice, and the facts."""
    name = read_export_id(export)
    with open_house(data) as house:
        with house.gate.transaction(CONSOLE_OPERATOR) as tx:
            tx.decide(Ask(action=Action.READ_LEDGER, resource=Resource(kind="export", id=name)))
        with reading(house.engine) as connection:
            found = entries_of_export(connection, name, limit=_LONGEST)
            kept = kept_inputs(connection, [one.index for one in found])
        decisions = [one for one in found if one.entry.event in DECISIONS]
        if not decisions:
            raise CommandError("the ledger holds no decision about such an export")
        for one in decisions:
            _tell_decision(house, one.index, one.entry, kept.get(one.index))


@policy.command("replay")
def replay_decisions(
    policies: Annotated[Path, typer.Option("--policies", metavar="NEW_DIR", help="the other set's folder")],
    since: Annotated[
        datetime | None, typer.Option(parser=parse_moment, metavar="TIMESTAMP", help="from when on")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object a line")] = False,
    data: DataFolder = DEFAULT_DATA,
) -> None:
    """Decide recorded decisions again under another set, and list those that differ."""
    candidate = _load(policies)
    with open_house(data) as house:
        resource = Resource(kind="ledger", id=house.settings.origin.rpartition("/")[2])
        with house.gate.transaction(CONSOLE_OPERATOR) as tx:
            tx.decide(Ask(action=Action.READ_LEDGER, resource=resource))
        found = replay(house, candidate, since)
        for one in found.differing:
            entry = one.entry
            whom = entry.agent or _name(house, entry.actor.id)
            said = {
                "entry": one.index, "at": entry.at, "action": entry.action, "whom": whom,
                "was": list(entry.rules or ()), "would_be": list(one.now),
            }  # fmt: skip
            was, now = _ruled(entry.rules or ()), _ruled(one.now)
            words = f"{one.index:>8}  {entry.at}  {entry.action:<16}  {whom}: was {was}, would be {now}"
            typer.echo(json.dumps(said) if as_json else words)
    if not as_json:
        typer.echo(
            f"{found.decided} decisions replayed under {candidate.digest[:16]}, "
            f"{len(found.differing)} differ; of {found.unproven} no proven facts are kept"
        )


def propose_set(house: House, folder: Path) -> str:
    """Keep a set and record that it is proposed; return its digest."""
    kept = keep_set(house.settings.data, folder)
    with house.gate.transaction(CONSOLE_OPERATOR) as tx:
        if kept.digest not in proposed_sets(tx.connection):
            tx.record(Event.POLICY_PROPOSED, Action.APPROVE_POLICY, Resource(kind=KIND, id=kept.digest))
    return kept.digest


def _load(folder: Path) -> PolicySet:
    if not folder.is_dir():
        raise CommandError(f"{folder} is no folder of a policy set")
    return PolicySet.load(folder)


def _digest_of(house: House, text: str) -> str:
    with reading(house.engine) as connection:
        known = {*proposed_sets(connection), packaged_set().digest}
    found = [digest for digest in known if digest.startswith(text)]
    if len(found) != 1:
        raise CommandError("no proposed set has that digest: sealedbook policy status")
    return found[0]


def _tell_impact(house: House, candidate: PolicySet) -> None:
    stopped = stopped_by(house, house.policy, candidate)
    for one in stopped:
        what = f"export {one.export}" if one.export else "a new export"
        typer.echo(f"STOPS  {one.agent}  {one.action.value}: {what}, by {', '.join(one.rules)}")
    typer.echo(f"under this set {len(stopped)} would be stopped that are possible now")


def _tell_decision(house: House, index: int, entry: Entry, kept: str | None) -> None:
    typer.echo(f"entry {index}  {entry.at}  {entry.action}: {entry.outcome.value}, policy {entry.policy}")
    for rule in _rules_of(house, entry):
        typer.echo(f"  {rule.id}  {rule.clause}\n       {rule.advice}")
    try:
        facts = proven_facts(entry, kept)
    except InputsError as error:
        typer.echo(f"  facts: {error}")
        return
    for group, record in facts.items():
        values = ", ".join(f"{name} {json.dumps(value)}" for name, value in record.items())
        typer.echo(f"  {group}: {values}")


def _rules_of(house: House, entry: Entry) -> list[Rule]:
    named = set(entry.rules or ())
    try:
        rules = house.policies.find(entry.policy or "").rules
    except PolicySetError:
        rules = ()
    known = [rule for rule in (*rules, UNDECIDABLE, UNPERMITTED) if rule.id in named]
    lost = sorted(named - {rule.id for rule in known})
    return [*known, *(Rule(id=name, clause="its policy set isn't kept here", advice="") for name in lost)]


def _name(house: House, person: str) -> str:
    try:
        with reading(house.engine) as connection:
            return person_by_id(connection, person).username
    except PersonNotFoundError:
        return person


def _ruled(rules: tuple[str, ...]) -> str:
    return f"refused by {', '.join(rules)}" if rules else "permitted"
