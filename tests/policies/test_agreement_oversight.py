"""A manager and the agents of the agency: what oversight is, and what it is not."""

from __future__ import annotations

import pytest

from policies.actions import Action
from policies.decide import decide
from policies.rules import PolicySet
from tests.policies.factories import ANOTHER_LICENCE, LICENCE, changed, good_facts, manager_facts

POLICY = PolicySet.load()
ASKED_BY_PEOPLE = (
    Action.REQUEST_EXPORT,
    Action.DOWNLOAD_BOOK,
    Action.REVEAL_PASSPHRASE,
    Action.VIEW_CONSUMERS,
)


@pytest.mark.parametrize("action", ASKED_BY_PEOPLE)
def test_only_an_agencys_manager_asks_for_another_agent(action: Action) -> None:
    """R13 refuses a colleague, and a manager of another agency."""
    colleague = changed(manager_facts(action), person__role="agent")
    outsider = changed(manager_facts(action), subject__same_agency=False)
    assert "R13" in {rule.id for rule in decide(POLICY, action, "agent", colleague).rules}
    assert "R13" in {rule.id for rule in decide(POLICY, action, "manager", outsider).rules}
    assert "R13" in {rule.id for rule in decide(POLICY, action, "agent", manager_facts(action)).rules}


@pytest.mark.parametrize("action", ASKED_BY_PEOPLE)
def test_oversight_is_for_whom_the_records_call_a_manager(action: Action) -> None:
    """R13 refuses a manager's sign-in whose own record says agent."""
    facts = changed(manager_facts(action), person__role="agent")
    assert "R13" in {rule.id for rule in decide(POLICY, action, "manager", facts).rules}


OVERSIGHT_BREAKS = [
    ("R08", (Action.REQUEST_EXPORT, Action.BUILD_BOOK), "request__purpose", "service-delegated-consumers"),
    ("R08", (Action.REQUEST_EXPORT, Action.BUILD_BOOK), "request__purpose", "consumer-request"),
    ("R09", (Action.BUILD_BOOK,), "request__profile", "agent"),
    ("R09", (Action.BUILD_BOOK,), "request__profile", "list"),
]


@pytest.mark.parametrize(("rule", "actions", "fact", "value"), OVERSIGHT_BREAKS)
def test_oversight_has_its_own_purpose_and_profile(
    rule: str, actions: tuple[Action, ...], fact: str, value: object
) -> None:
    """A manager asks for an agent's book as oversight and under the manager's profile, or is refused."""
    for action in actions:
        facts = changed(manager_facts(action), **{fact: value})
        assert rule in {found.id for found in decide(POLICY, action, "manager", facts).rules}


def test_oversight_is_no_purpose_for_a_colleague() -> None:
    """R08 refuses an agent who names oversight for a colleague's book."""
    facts = changed(manager_facts(Action.REQUEST_EXPORT), person__role="agent")
    assert "R08" in {rule.id for rule in decide(POLICY, Action.REQUEST_EXPORT, "agent", facts).rules}


def test_a_manager_exports_the_own_book_like_any_agent() -> None:
    """A manager's own book is no oversight: the agent's purpose and profile."""
    facts = changed(good_facts(Action.BUILD_BOOK), person__role="manager", licensing__licence=LICENCE)
    assert decide(POLICY, Action.BUILD_BOOK, "manager", facts).permitted


def test_the_own_book_is_no_oversight() -> None:
    """R08 refuses a manager who names oversight for the own book."""
    facts = changed(
        good_facts(Action.REQUEST_EXPORT), person__role="manager", request__purpose="agency-oversight"
    )
    assert [rule.id for rule in decide(POLICY, Action.REQUEST_EXPORT, "manager", facts).rules] == ["R08"]


def test_the_own_book_is_the_one_of_the_own_licence() -> None:
    """F02 refuses where the person's licence is not the one that the data are held for."""
    for action in (Action.SEND_BOOK, Action.DOWNLOAD_BOOK):
        facts = changed(good_facts(action), licensing__licence=ANOTHER_LICENCE)
        assert [rule.id for rule in decide(POLICY, action, "agent", facts).rules] == ["F02"]


def test_the_same_licence_alone_is_not_the_own_book() -> None:
    """F02 refuses where the subject is not the person, whatever the licences say."""
    facts = changed(good_facts(Action.SEND_BOOK), subject__is_actor=False)
    assert [rule.id for rule in decide(POLICY, Action.SEND_BOOK, "agent", facts).rules] == ["F02"]
