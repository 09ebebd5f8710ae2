"""The cases that a policy set is tested by: for each rule and action a fact that holds and one that breaks.

Laws
1. Cases are data of the set (`cases.toml`), under its digest: who approves rules approves their tests.
2. On the base facts every action is permitted to its role. A case changes one fact: with `holds` the
   action is still permitted, with `breaks` the case's rule refuses, and beside it only what `beside` names.
3. No rule stands in an agreement for an action without a case.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, get_type_hints

import cedarpy

from policies.actions import Action
from policies.decide import decide_context, with_numbers
from policies.facts import FACTS_OF
from policies.rules import AGREEMENT, CASES, PolicySet, PolicySetError

CASES_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Case:
    """One fact, as `group.name`, with a value that holds and one that breaks a rule at some actions."""

    rule: str
    actions: tuple[Action, ...]
    fact: str
    holds: bool | int | str
    breaks: bool | int | str
    beside: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Cases:
    """A set's cases, with the facts and roles on which each action is permitted."""

    facts: Mapping[str, Mapping[str, Any]]
    roles: Mapping[str, str]
    changes: Mapping[str, Mapping[str, Any]]
    cases: tuple[Case, ...] = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Cases:
        """Read the cases' file, or raise PolicySetError."""
        try:
            document = tomllib.loads(text)
            _check_version(document)
            return cls(
                facts=document["facts"],
                roles=document["roles"],
                changes=document.get("changes", {}),
                cases=tuple(
                    Case(
                        rule=table["rule"],
                        actions=tuple(Action(name) for name in table["actions"]),
                        fact=table["fact"],
                        holds=table["holds"],
                        breaks=table["breaks"],
                        beside=frozenset(table.get("beside", ())),
                    )
                    for table in document["case"]
                ),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise PolicySetError(f"the cases cannot be read: {error!r}") from error

    def base(self, action: Action) -> dict[str, dict[str, Any]]:
        """Return the facts on which an action is permitted to its role; PolicySetError."""
        names = get_type_hints(FACTS_OF[action])
        if missing := names.keys() - self.facts.keys():
            raise PolicySetError(f"the cases lack the facts {', '.join(sorted(missing))}")
        facts = {name: dict(self.facts[name]) for name in names}
        for fact, value in self.changes.get(action.value, {}).items():
            _set(facts, fact, value)
        return facts

    def role(self, action: Action) -> str:
        """Return the role that asks."""
        return self.roles.get(action.value, self.roles["default"])


def check_cases(policy: PolicySet, texts: Mapping[str, str]) -> list[str]:
    """Return what is wrong with a set by its own cases, in words; nothing where all is well.

    Raises PolicySetError where the cases can't be read.
    """
    cases = Cases.parse(texts[CASES])
    refused = {action: _refused(policy, cases, action, cases.base(action)) for action in Action}
    wrong = [
        f"{action.value}: refused on the base facts by {_listed(found)}"
        for action, found in refused.items()
        if found
    ]
    for case in cases.cases:
        for action in case.actions:
            # What is refused whatever a case changes is said once.
            wrong += () if refused[action] else _check(policy, cases, case, action)
    covered = {(case.rule, action) for case in cases.cases for action in case.actions}
    lacking = sorted(rules_and_actions(texts[AGREEMENT]) - covered)
    return [*wrong, *(f"{rule} has no case for {action.value}" for rule, action in lacking)]


def rules_and_actions(agreement: str) -> set[tuple[str, Action]]:
    """Return each rule of an agreement with each action that it is about."""
    found = set()
    for policy in json.loads(cedarpy.policies_to_json_str(agreement))["staticPolicies"].values():
        if policy["effect"] != "forbid":
            continue
        scope = policy["action"]
        entities = scope.get("entities") or ([scope["entity"]] if "entity" in scope else [])
        names = [entity["id"] for entity in entities] or list(Action)
        found |= {(policy["annotations"]["id"], Action(name)) for name in names}
    return found


def _check_version(document: Mapping[str, Any]) -> None:
    if document["version"] != CASES_VERSION:
        raise ValueError(f"not of version {CASES_VERSION}")


def _check(policy: PolicySet, cases: Cases, case: Case, action: Action) -> Iterator[str]:
    where = f"{case.rule} at {action.value}, {case.fact}"
    facts = cases.base(action)
    try:
        _set(facts, case.fact, case.holds)
        if found := _refused(policy, cases, action, facts):
            yield f"{where}: holds, and is refused by {_listed(found)}"
        _set(facts, case.fact, case.breaks)
    except KeyError:
        yield f"{where}: the action has no such fact"
        return
    if (found := _refused(policy, cases, action, facts)) != {case.rule} | case.beside:
        yield f"{where}: breaks, and is {'refused by ' + _listed(found) if found else 'permitted'}"


def _refused(policy: PolicySet, cases: Cases, action: Action, facts: Mapping[str, Any]) -> set[str]:
    context = with_numbers(policy, deepcopy(dict(facts)))
    decision = decide_context(policy, action, cases.role(action), context)
    return {rule.id for rule in decision.rules}


def _set(facts: dict[str, dict[str, Any]], fact: str, value: Any) -> None:
    group, name = fact.split(".")
    if name not in facts[group]:
        raise KeyError(fact)
    facts[group][name] = value


def _listed(rules: set[str]) -> str:
    return ", ".join(sorted(rules))
