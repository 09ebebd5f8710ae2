"""One export's story: everything that the ledger says of it, in order and in words.

Law: the words come from tables over events and rules; a rule is told as it is in force now,
while the entry beside it says which policy decided.
"""

from __future__ import annotations

import json

from fastapi import APIRouter

from api.audit_bodies import RuleToldOf, StepTold, StoryTold, actors_of
from api.documented import PROBLEMS
from api.errors import EntryNotFoundError
from api.event_words import told
from api.looks import look, people_told
from api.signed_in import HouseHere, SignedIn, Visitor
from audit.events import Outcome
from audit.search import Found, entries_of_export
from exports.export import read_export_id
from house.wiring import House
from policies.decide import UNDECIDABLE, UNPERMITTED
from policies.rules import PolicySet
from runtime.database import reading

router = APIRouter(prefix="/v1/audit/exports", tags=["audit"], responses=PROBLEMS)

LONGEST = 500
"""Entries of one export that are shown; a search by the export has the rest, too."""


@router.get("/{export}")
def take_story(export: str, visitor: Visitor, house: HouseHere) -> StoryTold:
    """Tell what happened to one export, oldest first."""
    return story_of(house, visitor, export)


def story_of(house: House, visitor: SignedIn, export: str) -> StoryTold:
    """Return an export's story. Raises ExportNotFoundError, EntryNotFoundError, RefusedError."""
    name = read_export_id(export)
    look(house, visitor, "export", name)
    with reading(house.engine) as connection:
        found = entries_of_export(connection, name, limit=LONGEST + 1)
    if not found:
        raise EntryNotFoundError
    shown = found[:LONGEST]
    return StoryTold(
        export=name,
        items=[_step(one, house.policy) for one in shown],
        whole=len(found) <= LONGEST,
        people=people_told(house, actors_of([one.entry for one in shown])),
    )


def rules_told(rules: tuple[str, ...], policy: PolicySet) -> list[RuleToldOf]:
    """Return rules by their ids; one with several advices has them all, one unknown has no clause."""
    return [_rule(rule, policy) for rule in rules]


def _rule(name: str, policy: PolicySet) -> RuleToldOf:
    found = [rule for rule in (*policy.rules, UNDECIDABLE, UNPERMITTED) if rule.id == name]
    advices = list(dict.fromkeys(rule.advice for rule in found))
    return RuleToldOf(rule=name, clause=found[0].clause if found else "", advice=" Or: ".join(advices))


def _step(found: Found, policy: PolicySet) -> StepTold:
    entry = found.entry
    refused = entry.rules or () if entry.outcome is not Outcome.PERMIT else ()
    return StepTold(
        index=found.index,
        at=entry.at,
        event=entry.event.value,
        outcome=entry.outcome,
        told=told(entry.event, entry.outcome),
        rules=rules_told(refused, policy),
        entry=json.loads(found.encoded),
    )
