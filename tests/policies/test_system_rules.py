"""What a system may do with its key: end delegations, by the key's facts alone, and nothing else ever."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.actions import Action
from policies.decide import decide
from policies.fact_groups import Person, Session
from policies.facts import EndDelegationsFacts
from policies.rules import AGREEMENT, EDITABLE, FIXED, POLICIES_FOLDER, PolicySet
from policies.system_facts import Feed, Key
from tests.policies.factories import changed, good_facts

POLICY = PolicySet.load()
NUMBERS = POLICY.numbers
ENDING = Action.END_DELEGATIONS
SOMETIME = st.integers(-(10**9), 10**9)
SESSIONS = st.builds(
    Session,
    current=st.booleans(),
    open_sessions=SOMETIME,
    idle_seconds=SOMETIME,
    age_seconds=SOMETIME,
    mfa=st.booleans(),
    mfa_age_seconds=SOMETIME,
    failed_factors=SOMETIME,
)
KEYS = st.builds(
    Key, known=st.booleans(), revoked=st.booleans(), expired=st.booleans(), issuer_stands=st.booleans()
)
FEEDS = st.builds(Feed, within_scope=st.booleans(), feeds_24h=st.integers(0, 400))
PEOPLE = st.builds(
    Person,
    role=st.just("system"),
    disabled=st.booleans(),
    idle_days=st.integers(0, 120),
    recorded=st.booleans(),
)


def expected(facts: EndDelegationsFacts) -> list[str]:
    """Return the rules that refuse a system, in order."""
    key, feed, person = facts.key, facts.feed, facts.person
    broken = {
        "F03": not person.recorded,
        "R09": feed.feeds_24h >= NUMBERS.feeds_per_day,
        "R12": not key.known or key.revoked or key.expired or not key.issuer_stands,
        "R13": not feed.within_scope,
        "R16": person.disabled or person.idle_days > NUMBERS.account_idle_days,
    }
    return [rule for rule, is_broken in broken.items() if is_broken]


@given(st.builds(EndDelegationsFacts, person=PEOPLE, session=SESSIONS, key=KEYS, feed=FEEDS))
def test_a_system_is_judged_by_its_key_and_feed(facts: EndDelegationsFacts) -> None:
    """Whatever is said of a session, which a system hasn't: the key, the feed and the issuer decide."""
    assert expected(facts) == [rule.id for rule in decide(POLICY, ENDING, "system", facts).rules]


@pytest.mark.parametrize(
    "broken",
    [
        {"session__current": False},
        {"session__mfa": False},
        {"session__mfa_age_seconds": 301},
        {"session__idle_seconds": 901},
        {"session__age_seconds": 43201},
    ],
)
def test_a_person_needs_a_session_as_before(broken: dict[str, Any]) -> None:
    """What is left out for systems stands for operators."""
    facts = changed(good_facts(ENDING), **broken)
    assert decide(POLICY, ENDING, "operator", facts).rules
    assert decide(POLICY, ENDING, "system", facts).permitted


def test_no_agreement_lets_a_system_do_anything_else() -> None:
    """With every other rule gone and a permit for everyone, F04 still refuses all but ended delegations."""
    texts = {name: (POLICIES_FOLDER / name).read_text(encoding="utf-8") for name in (*EDITABLE, FIXED)}
    permits = "".join(
        f'@id("permit.{action}") permit (principal, action == Action::"{action}", resource);\n'
        for action in Action
    )
    lax = PolicySet.parse(texts | {AGREEMENT: permits})
    for action in Action:
        rules = [rule.id for rule in decide(lax, action, "system", good_facts(action)).rules]
        assert ([] if action is ENDING else ["F04"]) == rules
