"""Facts are complete by type, and become Cedar's context without loss."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import get_type_hints

import pytest

from policies.actions import Action
from policies.facts import FACTS_OF, to_context
from tests.policies.factories import good_facts, leaves

PLAIN = {bool, int, str}


def test_every_action_has_its_facts() -> None:
    """No action is decided on nothing."""
    assert set(Action) == set(FACTS_OF)


@pytest.mark.parametrize("action", Action)
def test_no_fact_is_optional(action: Action) -> None:
    """Each fact is a plain bool, int or str without a default, so none can be forgotten."""
    for group in get_type_hints(FACTS_OF[action]).values():
        assert set(get_type_hints(group).values()) <= PLAIN
        for field in (*fields(group), *fields(FACTS_OF[action])):
            assert MISSING is field.default
            assert MISSING is field.default_factory


@pytest.mark.parametrize("action", Action)
def test_the_context_holds_each_fact_at_its_place(action: Action) -> None:
    """Every leaf of the facts stands in the context under the same path."""
    facts = good_facts(action)
    assert leaves(facts) == leaves(to_context(facts))
