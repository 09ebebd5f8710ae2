"""The agreement's truth table: what breaks which rule for which action, and what is just still in order."""

from __future__ import annotations

import json
from typing import Any

import cedarpy
import pytest

from policies.actions import Action
from policies.decide import decide
from policies.rules import AGREEMENT, POLICIES_FOLDER, PolicySet
from tests.policies.factories import NOW, TODAY, changed, good_facts, role_for

POLICY = PolicySet.load()
LICENSED = (
    Action.REQUEST_EXPORT,
    Action.BUILD_BOOK,
    Action.SEND_BOOK,
    Action.DOWNLOAD_BOOK,
    Action.REVEAL_PASSPHRASE,
    Action.VIEW_CONSUMERS,
)
IN_SESSION = (
    Action.REQUEST_EXPORT,
    Action.DOWNLOAD_BOOK,
    Action.REVEAL_PASSPHRASE,
    Action.REVOKE_EXPORT,
    Action.VIEW_CONSUMERS,
    Action.READ_LEDGER,
    Action.APPROVE_PERSON,
    Action.FIND_CONSUMER,
    Action.TRACE_BOOK,
    Action.APPROVE_POLICY,
    Action.BREAK_GLASS,
    Action.RELEASE_LOCK,
    Action.END_DELEGATIONS,
    Action.MANAGE_KEYS,
)
WITH_FACTOR = tuple(action for action in IN_SESSION if action is not Action.REVOKE_EXPORT)
FRESH = (
    Action.REQUEST_EXPORT,
    Action.DOWNLOAD_BOOK,
    Action.REVEAL_PASSPHRASE,
    Action.APPROVE_PERSON,
    Action.APPROVE_POLICY,
    Action.BREAK_GLASS,
    Action.RELEASE_LOCK,
    Action.END_DELEGATIONS,
    Action.MANAGE_KEYS,
)
ROSTERED = tuple(action for action in LICENSED if action is not Action.SEND_BOOK)
HOUSEKEEPING = (
    Action.IMPORT_SNAPSHOT,
    Action.PUBLISH_SNAPSHOT,
    Action.ENROL_FACTOR,
    Action.DESTROY_OBJECT,
    Action.MANAGE_PEOPLE,
    Action.APPROVE_PERSON,
    Action.READ_LEDGER,
    Action.FIND_CONSUMER,
    Action.TRACE_BOOK,
    Action.APPROVE_POLICY,
    Action.BREAK_GLASS,
    Action.RELEASE_LOCK,
    Action.ROTATE_KEY,
    Action.END_DELEGATIONS,
    Action.HOLD_SNAPSHOT,
    Action.MANAGE_KEYS,
)
HELD = (Action.DOWNLOAD_BOOK, Action.REVEAL_PASSPHRASE)

BREAKS: list[tuple[str, tuple[Action, ...], str, Any]] = [
    ("R01", LICENSED, "licensing__licence_status", "inactive"),
    ("R01", LICENSED, "licensing__licence_expires_day", TODAY - 1),
    ("R02", LICENSED, "licensing__certification_status", "lapsed"),
    ("R02", LICENSED, "licensing__certified_day", TODAY - 366),
    ("R02", LICENSED, "licensing__certified_day", TODAY + 1),
    ("R03", LICENSED, "licensing__agreement_version", "2025-01"),
    ("R03", LICENSED, "licensing__agreement_signed_day", TODAY - 1827),
    ("R03", LICENSED, "licensing__agreement_signed_day", TODAY + 1),
    ("R04", LICENSED, "licensing__training_day", TODAY - 366),
    ("R04", LICENSED, "licensing__training_day", TODAY + 1),
    ("R37", LICENSED, "licensing__attested_day", TODAY - 366),
    ("R37", LICENSED, "licensing__attested_day", TODAY + 1),
    ("R05", (Action.BUILD_BOOK,), "freshness__agent_is_in_snapshot", False),
    ("R06", (Action.SEND_BOOK, *HELD), "endings__ended_since_built", True),
    ("R08", (Action.REQUEST_EXPORT, Action.BUILD_BOOK), "request__purpose", "marketing"),
    ("R08", (Action.REQUEST_EXPORT, Action.BUILD_BOOK), "request__purpose", "agency-oversight"),
    ("R08", (Action.REQUEST_EXPORT, Action.BUILD_BOOK), "request__purpose", "audit"),
    ("R09", (Action.REQUEST_EXPORT,), "quota__exports_24h", 10),
    ("R09", (Action.BUILD_BOOK,), "columns__known", False),
    ("R09", (Action.BUILD_BOOK,), "columns__in_profile", False),
    ("R09", (Action.BUILD_BOOK,), "request__profile", "manager"),
    ("R09", (Action.VIEW_CONSUMERS,), "page__rows_asked", 51),
    ("R09", (Action.VIEW_CONSUMERS,), "page__rows_shown_24h", 1951),
    ("R09", (Action.END_DELEGATIONS,), "feed__feeds_24h", 200),
    ("R10", (Action.PUBLISH_SNAPSHOT,), "publication__scanned", False),
    ("R12", (Action.SIGN_IN,), "account__known", False),
    ("R12", IN_SESSION, "session__current", False),
    ("R12", IN_SESSION, "session__open_sessions", 2),
    ("R12", (Action.ENROL_FACTOR,), "enrolment__known", False),
    ("R12", (Action.ENROL_FACTOR,), "enrolment__invited", False),
    ("R12", (Action.APPROVE_PERSON,), "approval__is_open", False),
    ("R12", (Action.APPROVE_PERSON,), "approval__is_second_person", False),
    ("R12", (Action.END_DELEGATIONS,), "key__known", False),
    ("R12", (Action.END_DELEGATIONS,), "key__revoked", True),
    ("R12", (Action.END_DELEGATIONS,), "key__expired", True),
    ("R12", (Action.END_DELEGATIONS,), "key__issuer_stands", False),
    ("R13", (Action.END_DELEGATIONS,), "feed__within_scope", False),
    ("R13", (Action.MANAGE_KEYS,), "keyring__own", False),
    ("R13", (Action.REVOKE_EXPORT,), "subject__is_actor", False),
    ("R14", (Action.SIGN_IN,), "account__password_ok", False),
    ("R14", (Action.SIGN_IN,), "account__second_factor_ok", False),
    ("R14", (Action.SIGN_IN,), "account__failed_factors", 5),
    ("R14", WITH_FACTOR, "session__mfa", False),
    ("R14", FRESH, "session__mfa_age_seconds", 301),
    ("R14", FRESH, "session__mfa_age_seconds", -1),
    ("R14", FRESH, "session__failed_factors", 5),
    ("R15", IN_SESSION, "session__idle_seconds", 901),
    ("R15", IN_SESSION, "session__age_seconds", 43201),
    ("R16", (Action.SIGN_IN,), "account__disabled", True),
    ("R16", (Action.SIGN_IN,), "account__idle_days", 61),
    ("R16", (*ROSTERED, *HOUSEKEEPING), "person__disabled", True),
    ("R16", (*ROSTERED, *HOUSEKEEPING), "person__idle_days", 61),
    ("R16", ROSTERED, "licensing__roster_age_days", 9),
    ("R19", (Action.SEND_BOOK,), "delivery__payload_sealed", False),
    ("R19", (Action.SEND_BOOK,), "delivery__tls_required", False),
    ("R20", (Action.SEND_BOOK,), "request__channel", "link"),
    ("R20", (Action.DOWNLOAD_BOOK,), "request__channel", "email"),
    ("R20", (Action.DOWNLOAD_BOOK,), "releases__downloads", 3),
    ("R20", (Action.REVEAL_PASSPHRASE,), "releases__reveals", 5),
    ("R21", (Action.REQUEST_EXPORT,), "request__acknowledged", False),
    ("R27", (Action.READ_LEDGER,), "reading__asked_24h", 500),
    ("R27", (Action.READ_LEDGER,), "review__own", True),
    ("R27", (Action.FIND_CONSUMER,), "reading__asked_24h", 50),
    ("R27", (Action.APPROVE_POLICY,), "candidate__known", False),
    ("R27", (Action.APPROVE_POLICY,), "candidate__in_force", True),
    ("R27", (Action.APPROVE_POLICY,), "candidate__approved_by_actor", True),
    ("R27", (Action.BREAK_GLASS,), "glass__reason_known", False),
    ("R27", (Action.BREAK_GLASS,), "glass__waiting", False),
    ("R27", (Action.BREAK_GLASS,), "glass__own", True),
    ("R27", (Action.RELEASE_LOCK,), "lock__locked", False),
    ("R27", (Action.RELEASE_LOCK,), "lock__own", True),
    ("R33", (Action.HOLD_SNAPSHOT,), "hold__present", 1),
    ("R33", (Action.HOLD_SNAPSHOT,), "hold__stands", False),
    ("R33", (Action.HOLD_SNAPSHOT,), "hold__review_ahead", False),
    ("R33", (Action.DESTROY_OBJECT,), "destruction__due", False),
    ("R34", (Action.BUILD_BOOK,), "freshness__snapshot_age_days", 23),
    ("R34", (Action.PUBLISH_SNAPSHOT,), "publication__checked", False),
    ("R34", (Action.PUBLISH_SNAPSHOT,), "publication__agents_gone_percent", 21),
    ("R34", (Action.PUBLISH_SNAPSHOT,), "publication__rows_change_percent", 31),
    ("R34", (Action.PUBLISH_SNAPSHOT,), "publication__kind_shift_points", 21),
    ("R35", (Action.BUILD_BOOK,), "freshness__snapshot_published", False),
    ("R35", (Action.BUILD_BOOK,), "freshness__snapshot_is_newest", False),
    ("R35", (Action.BUILD_BOOK,), "freshness__as_of_is_cutoff", False),
    ("R35", (Action.IMPORT_SNAPSHOT,), "incoming__as_of_is_cutoff", False),
    ("R35", (Action.IMPORT_SNAPSHOT,), "incoming__as_of_is_past", False),
    ("R35", (Action.PUBLISH_SNAPSHOT,), "publication__as_of_is_cutoff", False),
    ("R35", (Action.PUBLISH_SNAPSHOT,), "publication__is_newer", False),
    ("R35", (Action.PUBLISH_SNAPSHOT,), "publication__reasoned", False),
    ("R38", (Action.SEND_BOOK,), "delivery__recipient_is_registered", False),
    ("R38", (Action.SEND_BOOK, *HELD), "licensing__address_changed_at", NOW - 72 * 3600 + 1),
    ("R38", HELD, "licensing__factors_reset_at", NOW - 72 * 3600 + 1),
]
"""One fact broken at a time: the one rule that must refuse, for which actions."""

COUPLED = {
    "R05": {Action.SEND_BOOK, Action.VIEW_CONSUMERS},
    "R13": {Action.REQUEST_EXPORT, *HELD, Action.VIEW_CONSUMERS},
}
"""Rules that one broken fact cannot single out: F02 or R08 refuse beside them (tested below)."""


def scopes() -> dict[str, set[Action]]:
    """Return the actions that each rule of the agreement is about, read from the policies themselves."""
    text = (POLICIES_FOLDER / AGREEMENT).read_text(encoding="utf-8")
    found: dict[str, set[Action]] = {}
    for policy in json.loads(cedarpy.policies_to_json_str(text))["staticPolicies"].values():
        if policy["effect"] == "forbid":
            scope = policy["action"]
            entities = scope.get("entities") or [scope["entity"]]
            found.setdefault(policy["annotations"]["id"], set()).update(
                Action(entity["id"]) for entity in entities
            )
    return found


@pytest.mark.parametrize(("rule", "actions", "fact", "value"), BREAKS)
def test_one_broken_fact_refuses_by_its_one_rule(
    rule: str, actions: tuple[Action, ...], fact: str, value: object
) -> None:
    """An action whose facts are in order but one is refused by that fact's rule and no other."""
    for action in actions:
        facts = changed(good_facts(action), **{fact: value})
        decision = decide(POLICY, action, role_for(action), facts)
        assert [rule] == [found.id for found in decision.rules], action


def test_the_truth_table_covers_every_rule_of_every_action() -> None:
    """No rule stands in the agreement for an action without a row that breaks it."""
    covered = {rule: set(actions) for rule, actions in COUPLED.items()}
    for rule, actions, _, _ in BREAKS:
        covered.setdefault(rule, set()).update(actions)
    assert scopes() == covered


@pytest.mark.parametrize("action", [Action.BUILD_BOOK, Action.SEND_BOOK])
@pytest.mark.parametrize("role", ["reviewer", "service", "stranger"])
def test_the_service_works_for_agents_and_managers_only(action: Action, role: str) -> None:
    """A service that acts for anyone else is permitted by nothing."""
    facts = changed(good_facts(action), person__role=role)
    assert [rule.id for rule in decide(POLICY, action, "service", facts).rules] == ["P00"]


@pytest.mark.parametrize("shown", [0, 1949])
def test_a_page_is_never_larger_than_a_page(shown: int) -> None:
    """R09 refuses the fifty-first row of a page though the day has room for it."""
    facts = changed(good_facts(Action.VIEW_CONSUMERS), page__rows_asked=51, page__rows_shown_24h=shown)
    assert [rule.id for rule in decide(POLICY, Action.VIEW_CONSUMERS, "agent", facts).rules] == ["R09"]


@pytest.mark.parametrize("action", [Action.BUILD_BOOK, Action.SEND_BOOK, Action.VIEW_CONSUMERS])
def test_the_rows_are_those_of_the_agent_who_was_asked_for(action: Action) -> None:
    """R05 refuses, beside F02, where the data are another agent's."""
    facts = changed(good_facts(action), subject__licence="0X00000")
    assert {"R05", "F02"} == {rule.id for rule in decide(POLICY, action, "agent", facts).rules}


def test_an_agent_without_consumers_sees_an_empty_list() -> None:
    """Looking at a list that holds nobody is permitted, so that the page can say so."""
    facts = changed(good_facts(Action.VIEW_CONSUMERS), freshness__agent_is_in_snapshot=False)
    assert decide(POLICY, Action.VIEW_CONSUMERS, "agent", facts).permitted


@pytest.mark.parametrize(
    "changes",
    [
        {"licensing__licence_status": "expired", "licensing__licence_expires_day": TODAY - 400},
        {"licensing__roster_age_days": 400},
    ],
)
def test_signing_in_asks_for_no_papers(changes: dict[str, object]) -> None:
    """A lapsed licence or an old roster is no fact of SignIn, so that people can be told."""
    assert changes.keys().isdisjoint(vars(good_facts(Action.SIGN_IN)))
    assert decide(POLICY, Action.SIGN_IN, "agent", good_facts(Action.SIGN_IN)).permitted


def test_a_stranger_who_signs_in_is_told_of_account_and_factors() -> None:
    """A sign-in with an unknown name is refused by R12 and R14; to a stranger nothing permits it, too."""
    facts = changed(
        good_facts(Action.SIGN_IN),
        account__known=False,
        account__password_ok=False,
        account__second_factor_ok=False,
    )
    for role, also in (("stranger", ["P00"]), ("agent", [])):
        rules = decide(POLICY, Action.SIGN_IN, role, facts).rules
        assert [rule.id for rule in rules] == [*also, "R12", "R14"]


def test_a_demo_hands_out_second_factors_without_invitation() -> None:
    """In a demo the operator may make a known person's factor; outside it an invitation must."""
    facts = changed(good_facts(Action.ENROL_FACTOR), enrolment__invited=False, enrolment__demo=True)
    assert decide(POLICY, Action.ENROL_FACTOR, "operator", facts).permitted


def test_an_address_that_never_changed_holds_nothing() -> None:
    """Zero stands for never."""
    facts = changed(
        good_facts(Action.DOWNLOAD_BOOK), licensing__address_changed_at=0, licensing__factors_reset_at=0
    )
    assert decide(POLICY, Action.DOWNLOAD_BOOK, "agent", facts).permitted
