"""Events: names, decisions, and the fields that only some carry."""

from __future__ import annotations

import re

from audit.events import CARRIED_BY, DECISIONS, Event
from audit.fields import ALWAYS, SOMETIMES


def test_names_are_noun_and_verb() -> None:
    """Every event is named noun.verb in lower case."""
    assert [] == [event for event in Event if not re.fullmatch(r"[a-z]+\.[a-z]+", event)]


def test_decisions_are_what_was_requested() -> None:
    """There are twenty-four decisions, one for each action of the gate."""
    assert 24 == len(DECISIONS)


def test_restricted_fields_exist() -> None:
    """The table of restricted fields names optional fields only."""
    assert set() == CARRIED_BY.keys() - SOMETIMES.keys()
    assert set() == CARRIED_BY.keys() & ALWAYS.keys()


def test_every_restricted_field_has_an_event() -> None:
    """No restricted field is barred from every event."""
    assert all(CARRIED_BY.values())
