"""The answer: whether a role may do an action, given these facts, under this policy set.

Laws: a pure function of its arguments. Any error of evaluation is a refusal (G00), also beside an
allow, since Cedar skips a rule whose fact is missing; the request is checked against the schema first,
so that a missing fact is an error even where no rule would have read it. A deny that no rule
determined is a refusal too (P00); what no permit covers is P00 also where a rule forbids it besides,
unless that is F01 or F04, which say the same with their reason. Cedar's own messages hold values and
are dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import cedarpy

from audit.events import Outcome
from policies.actions import Action
from policies.facts import Facts, to_context
from policies.rules import PolicySet, Rule

UNDECIDABLE = Rule(
    id="G00",
    clause="Service rule: what cannot be decided is refused",
    advice="This could not be decided. Try again in a minute, then tell the operator the decision's number.",
)
UNPERMITTED = Rule(
    id="P00",
    clause="Service rule: what nothing permits is refused",
    advice="Your role has no such action. Ask a person whose work it is.",
)

OPERATORS_RULE = "F01"
"""The fixed rule that keeps whoever operates the service from consumers' data."""
SYSTEMS_RULE = "F04"
"""The fixed rule that keeps a system's key to ended delegations."""

PRINCIPAL_OF: Mapping[str, str] = MappingProxyType(
    {
        "agent": "Agent",
        "manager": "Manager",
        "reviewer": "Reviewer",
        "operator": "Operator",
        "service": "Service",
        "system": "System",
        "stranger": "Stranger",
    }
)
"""Cedar's type for each role; a role that is not here can decide nothing (G00)."""

_NO_ENTITIES = cedarpy.Entities.from_json_str("[]")
_RESOURCE = {"type": "Installation", "id": "this"}


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Permitted, or every rule that refused, sorted by id."""

    permitted: bool
    rules: tuple[Rule, ...]

    @property
    def outcome(self) -> Outcome:
        """The outcome as the ledger names it: permit, refuse, or error where nothing could be decided."""
        if self.permitted:
            return Outcome.PERMIT
        return Outcome.ERROR if UNDECIDABLE in self.rules else Outcome.REFUSE


def decide(policy: PolicySet, action: Action, role: str, facts: Facts) -> Decision:
    """Decide on complete facts. `role` is a key of PRINCIPAL_OF."""
    return decide_context(policy, action, role, with_numbers(policy, to_context(facts)))


def with_numbers(policy: PolicySet, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return Cedar's context: the facts as records, and the set's numbers."""
    return {**facts, "numbers": policy.numbers.to_context()}


def decide_context(policy: PolicySet, action: Action, role: str, context: Mapping[str, Any]) -> Decision:
    """Decide on Cedar's context as it is, facts and `numbers`; for replays and tests of missing facts."""
    principal = PRINCIPAL_OF.get(role)
    if principal is None:
        return _refused(UNDECIDABLE)
    request = {
        "principal": {"type": principal, "id": role},
        "action": {"type": "Action", "id": action.value},
        "resource": _RESOURCE,
        "context": dict(context),
    }
    try:
        answer = cedarpy.is_authorized(request, policy.handle, _NO_ENTITIES, policy.schema)
        if answer.diagnostics.errors or answer.decision is cedarpy.Decision.NoDecision:
            return _refused(UNDECIDABLE)
        if answer.allowed:
            return Decision(permitted=True, rules=())
        determining = [policy.rule_of[name] for name in answer.diagnostics.reasons]
        is_permitted = cedarpy.is_authorized(request, policy.permits, _NO_ENTITIES, policy.schema).allowed
        if not is_permitted and {OPERATORS_RULE, SYSTEMS_RULE}.isdisjoint(rule.id for rule in determining):
            determining.append(UNPERMITTED)
    except Exception:  # noqa: BLE001 - whatever fails while deciding, the answer is no
        return _refused(UNDECIDABLE)
    return _refused(*determining) if determining else _refused(UNPERMITTED)


def _refused(*rules: Rule) -> Decision:
    by_id = {rule.id: rule for rule in rules}
    return Decision(permitted=False, rules=tuple(by_id[rule_id] for rule_id in sorted(by_id)))
