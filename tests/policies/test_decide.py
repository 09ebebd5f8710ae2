"""Nothing is permitted in doubt: every missing fact, every error, every role without a permit."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

import cedarpy
import pytest

from audit.events import Outcome
from policies.actions import Action
from policies.decide import PRINCIPAL_OF, UNDECIDABLE, UNPERMITTED, Decision, decide, decide_context
from policies.facts import to_context
from policies.rules import AGREEMENT, EDITABLE, FIXED, POLICIES_FOLDER, PolicySet
from tests.policies.factories import changed, good_facts, leaves, manager_facts, role_for

POLICY = PolicySet.load()
OPENS_DATA = (
    Action.BUILD_BOOK,
    Action.SEND_BOOK,
    Action.DOWNLOAD_BOOK,
    Action.REVEAL_PASSPHRASE,
    Action.VIEW_CONSUMERS,
)
PERMITTED_ROLES = {
    Action.SIGN_IN: {"agent", "manager", "reviewer", "operator"},
    Action.REQUEST_EXPORT: {"agent", "manager"},
    Action.BUILD_BOOK: {"agent", "manager", "service"},
    Action.SEND_BOOK: {"agent", "manager", "service"},
    Action.DOWNLOAD_BOOK: {"agent", "manager"},
    Action.REVEAL_PASSPHRASE: {"agent", "manager"},
    Action.REVOKE_EXPORT: {"agent", "manager"},
    Action.VIEW_CONSUMERS: {"agent", "manager"},
    Action.IMPORT_SNAPSHOT: {"operator", "service"},
    Action.PUBLISH_SNAPSHOT: {"operator", "service"},
    Action.ENROL_FACTOR: {"agent", "manager", "reviewer", "operator", "service"},
    Action.DESTROY_OBJECT: {"operator", "service"},
    Action.MANAGE_PEOPLE: {"operator", "service"},
    Action.APPROVE_PERSON: {"reviewer", "operator"},
    Action.READ_LEDGER: {"reviewer", "operator"},
    Action.FIND_CONSUMER: {"reviewer"},
    Action.TRACE_BOOK: {"reviewer", "operator"},
    Action.APPROVE_POLICY: {"reviewer"},
    Action.BREAK_GLASS: {"reviewer"},
    Action.RELEASE_LOCK: {"reviewer"},
    Action.ROTATE_KEY: {"operator"},
    Action.END_DELEGATIONS: {"operator", "system"},
    Action.HOLD_SNAPSHOT: {"operator"},
    Action.MANAGE_KEYS: {"manager", "operator"},
}


def a_context(action: Action) -> dict[str, Any]:
    """Return the whole context of an action on which it is permitted, numbers and all."""
    return to_context(good_facts(action)) | {"numbers": POLICY.numbers.to_context()}


def refused_by(decision: Decision) -> list[str]:
    """Return the ids of the rules that refused."""
    assert not decision.permitted
    return [rule.id for rule in decision.rules]


@pytest.mark.parametrize("role", PRINCIPAL_OF)
@pytest.mark.parametrize("action", Action)
def test_only_the_roles_of_an_action_are_permitted(action: Action, role: str) -> None:
    """With every fact in order, an action is permitted to its roles, and to others by nothing, F01 or F04."""
    decision = decide(POLICY, action, role, good_facts(action))
    if role in PERMITTED_ROLES[action]:
        assert Decision(permitted=True, rules=()) == decision
    elif role == "operator" and action in OPENS_DATA:
        assert refused_by(decision) == ["F01"]
    elif role == "system":
        assert refused_by(decision) == ["F04"]
    else:
        assert refused_by(decision) == ["P00"]


@pytest.mark.parametrize("action", Action)
def test_without_any_one_fact_there_is_no_permit(action: Action) -> None:
    """Each leaf of the context, dropped alone, makes the decision G00."""
    whole = a_context(action)
    for path in leaves(whole):
        context = deepcopy(whole)
        group = context
        for name in path[:-1]:
            group = group[name]
        del group[path[-1]]
        assert refused_by(decide_context(POLICY, action, role_for(action), context)) == ["G00"], path


@pytest.mark.parametrize("action", Action)
def test_without_any_one_group_there_is_no_permit(action: Action) -> None:
    """Each whole group, dropped alone, makes the decision G00; so does one too many."""
    whole = a_context(action)
    for name in whole:
        context = {other: group for other, group in whole.items() if other != name}
        assert refused_by(decide_context(POLICY, action, role_for(action), context)) == ["G00"], name
    assert refused_by(decide_context(POLICY, action, role_for(action), whole | {"more": {}})) == ["G00"]


@pytest.mark.parametrize("value", [None, 1.5, "yes", [], {}, 2**63, object()])
@pytest.mark.parametrize("action", [Action.SIGN_IN, Action.BUILD_BOOK, Action.READ_LEDGER])
def test_a_fact_of_another_type_is_no_fact(action: Action, value: object) -> None:
    """A value that the schema does not allow makes the decision G00, never an exception."""
    whole = a_context(action)
    context = whole | {"numbers": whole["numbers"] | {"account_idle_days": value}}
    assert refused_by(decide_context(POLICY, action, role_for(action), context)) == ["G00"]


def test_facts_of_another_action_decide_nothing() -> None:
    """Facts that were loaded for one action are an error for the next."""
    decision = decide(POLICY, Action.BUILD_BOOK, "agent", good_facts(Action.REQUEST_EXPORT))
    assert refused_by(decision) == ["G00"]


def test_an_error_beside_an_allow_is_a_refusal() -> None:
    """Cedar says allow when the rule that would refuse fails on overflow; the gate says G00."""
    facts = changed(good_facts(Action.SEND_BOOK), licensing__address_changed_at=2**63 - 1)
    context = to_context(facts) | {"numbers": POLICY.numbers.to_context()}
    request = {
        "principal": 'Agent::"agent"',
        "action": 'Action::"SendBook"',
        "resource": 'Installation::"this"',
        "context": context,
    }
    answer = cedarpy.is_authorized(request, POLICY.handle, [], POLICY.schema)
    assert answer.allowed
    assert answer.diagnostics.errors
    assert refused_by(decide(POLICY, Action.SEND_BOOK, "agent", facts)) == ["G00"]


def test_an_error_beside_a_determining_rule_is_a_refusal_by_error() -> None:
    """Where one rule refuses and another fails, the decision is G00: nobody knows the whole of why."""
    facts = changed(
        good_facts(Action.SEND_BOOK),
        licensing__address_changed_at=2**63 - 1,
        licensing__licence_status="expired",
    )
    assert refused_by(decide(POLICY, Action.SEND_BOOK, "agent", facts)) == ["G00"]


@pytest.mark.parametrize("role", ["", "Agent", "admin", "staff"])
def test_a_role_that_nobody_knows_decides_nothing(role: str) -> None:
    """An unknown role is an error, not a stranger."""
    assert refused_by(decide(POLICY, Action.SIGN_IN, role, good_facts(Action.SIGN_IN))) == ["G00"]


def test_a_policy_set_that_cannot_name_its_rule_decides_nothing() -> None:
    """A determining rule without its text is an error, not a refusal without a reason."""
    nameless = replace(POLICY, rule_of={})
    facts = changed(good_facts(Action.REQUEST_EXPORT), request__acknowledged=False)
    assert refused_by(decide(nameless, Action.REQUEST_EXPORT, "agent", facts)) == ["G00"]


def test_every_determining_rule_is_named_in_order() -> None:
    """A refusal lists all rules that refused, sorted by id."""
    facts = changed(
        good_facts(Action.REQUEST_EXPORT),
        request__acknowledged=False,
        quota__exports_24h=10,
        licensing__licence_status="lapsed",
        session__mfa=False,
    )
    expected = ["R01", "R09", "R14", "R21"]
    assert expected == refused_by(decide(POLICY, Action.REQUEST_EXPORT, "agent", facts))


def test_a_refusal_cites_the_rule_of_its_own_action() -> None:
    """Where a rule has an advice for each action, the refusal carries the one that fits."""
    facts = changed(good_facts(Action.SIGN_IN), account__known=False)
    (rule,) = decide(POLICY, Action.SIGN_IN, "agent", facts).rules
    assert rule.id == "R12"
    assert "invitation" in rule.advice


def test_the_ledger_tells_permit_refusal_and_error_apart() -> None:
    """The outcome is permit, refuse, or error for what could not be decided."""
    refused = Decision(permitted=False, rules=(UNPERMITTED,))
    undecided = Decision(permitted=False, rules=(UNDECIDABLE,))
    assert Decision(permitted=True, rules=()).outcome == Outcome.PERMIT
    assert refused.outcome == Outcome.REFUSE
    assert undecided.outcome == Outcome.ERROR


@pytest.mark.parametrize(
    "action",
    [*OPENS_DATA, Action.REQUEST_EXPORT],
)
def test_a_manager_acts_for_an_agent_of_the_agency(action: Action) -> None:
    """A manager is permitted what concerns an agent of the same agency, as oversight."""
    assert decide(POLICY, action, "manager", manager_facts(action)).permitted


@pytest.mark.parametrize("action", OPENS_DATA)
def test_a_manager_opens_nothing_of_another_agency(action: Action) -> None:
    """F02 refuses a manager who asks for an agent of another agency."""
    facts = changed(manager_facts(action), subject__same_agency=False)
    assert "F02" in refused_by(decide(POLICY, action, "manager", facts))


@pytest.mark.parametrize("action", OPENS_DATA)
def test_an_agent_opens_nothing_of_a_colleague(action: Action) -> None:
    """F02 refuses an agent who asks for another agent's consumers, agency or not."""
    facts = changed(manager_facts(action), person__role="agent")
    assert "F02" in refused_by(decide(POLICY, action, "agent", facts))


@pytest.mark.parametrize("action", OPENS_DATA)
def test_nobody_opens_consumers_who_are_delegated_to_another(action: Action) -> None:
    """F02 refuses where the data to open are not the asked-for agent's."""
    facts = changed(good_facts(action), holding__agent="0X00000")
    assert "F02" in refused_by(decide(POLICY, action, "agent", facts))


@pytest.mark.parametrize("action", [Action.BUILD_BOOK, Action.SEND_BOOK])
def test_the_service_opens_nothing_on_behalf_of_an_operator(action: Action) -> None:
    """F01 looks at who asked, also when a service does the work."""
    facts = changed(good_facts(action), person__role="operator")
    assert "F01" in refused_by(decide(POLICY, action, "service", facts))


def test_no_agreement_permits_an_operator_to_open_data() -> None:
    """With every other rule gone and a permit for everyone, F01 and F02 still refuse."""
    texts = {name: (POLICIES_FOLDER / name).read_text(encoding="utf-8") for name in (*EDITABLE, FIXED)}
    permits = "".join(
        f'@id("permit.{action}") permit (principal, action == Action::"{action}", resource);\n'
        for action in Action
    )
    lax = PolicySet.parse(texts | {AGREEMENT: permits})
    for action in OPENS_DATA:
        assert refused_by(decide(lax, action, "operator", good_facts(action))) == ["F01"]
        stranger = changed(good_facts(action), holding__agent="0X00000")
        assert refused_by(decide(lax, action, "agent", stranger)) == ["F02"]


@pytest.mark.parametrize("action", Action)
def test_nothing_is_decided_on_a_record_that_was_changed_outside(action: Action) -> None:
    """F03 alone refuses every action, under any agreement, where a record isn't as the ledger has it."""
    group = "account" if action is Action.SIGN_IN else "person"
    facts = changed(good_facts(action), **{f"{group}__recorded": False})
    assert refused_by(decide(POLICY, action, role_for(action), facts)) == ["F03"]


def test_what_nothing_permits_says_so_beside_the_rules() -> None:
    """A reviewer without papers is told P00 beside the agents' rules; an operator F01 and no P00."""
    facts = changed(good_facts(Action.VIEW_CONSUMERS), licensing__licence_status="", subject__is_actor=False)
    assert {"P00", "R01", "R13"} <= set(refused_by(decide(POLICY, Action.VIEW_CONSUMERS, "reviewer", facts)))
    operators = refused_by(decide(POLICY, Action.VIEW_CONSUMERS, "operator", facts))
    assert "F01" in operators
    assert "P00" not in operators
