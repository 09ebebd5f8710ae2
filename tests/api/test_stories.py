"""One export's story: every entry of it in order, in words, with what refused."""

from __future__ import annotations

from uuid import uuid4

import pytest

from api.event_words import ACTIONS, EVENTS, OUTCOMES, told
from api.stories import rules_told
from audit.events import DECISIONS, Event, Outcome
from policies.actions import Action
from tests.api.callers import ASKED, Desk, a_licence
from tests.api.reviewers import a_member
from tests.api.test_audit import an_export


def test_a_story_is_told_in_order(desk: Desk, published: object) -> None:
    """Each entry of the export stands in it once, oldest first, with words and who it was."""
    assert published is desk.home
    agent, export = an_export(desk, a_licence(desk))
    reviewer = a_member(desk)

    story = reviewer.get(f"/v1/audit/exports/{export}").json()

    mine = [(n, entry) for n, entry in enumerate(desk.entries()) if entry.export == export]
    assert [n for n, _ in mine] == [step["index"] for step in story["items"]]
    assert (export, True) == (story["export"], story["whole"])
    first = story["items"][0]
    assert ("Asked to export a Book of Business: permitted", []) == (first["told"], first["rules"])
    assert "agent" == story["people"][agent.person]["role"]


def test_a_refusal_is_told_with_clause_and_advice(desk: Desk) -> None:
    """An export that never came to be has a story too: who asked, and which rule stood against it."""
    agent, reviewer = desk.with_session(a_licence(desk, licence_status="lapsed")), a_member(desk)
    problem = agent.post("/v1/exports", ASKED).json()
    export = desk.entry(problem["decision"]).export

    (step,) = reviewer.get(f"/v1/audit/exports/{export}").json()["items"]

    assert ("Asked to export a Book of Business: refused", "refuse") == (step["told"], step["outcome"])
    (rule,) = step["rules"]
    assert {name: problem[name] for name in ("rule", "clause", "advice")} == rule


@pytest.mark.parametrize("export", ["x", "00000000-0000-4000-8000-00000000000Z"])
def test_what_is_no_exports_name_is_404(desk: Desk, export: str) -> None:
    """A text that names no export is not found, and no look."""
    reviewer, before = a_member(desk), len(desk.entries())

    assert 404 == reviewer.get(f"/v1/audit/exports/{export}").status_code
    assert before == len(desk.entries())


def test_an_unknown_export_has_no_story(desk: Desk) -> None:
    """Looking for it is recorded, and nothing is found."""
    reviewer, before, export = a_member(desk), len(desk.entries()), str(uuid4())

    assert 404 == reviewer.get(f"/v1/audit/exports/{export}").status_code
    assert [export] == [entry.resource.id for entry in desk.entries()[before:]]


def test_every_event_outcome_and_action_has_words() -> None:
    """The tables of words are whole, and no two events are told alike."""
    assert set(Event) == set(EVENTS)
    assert set(Outcome) == set(OUTCOMES)
    assert set(Action) == set(ACTIONS)
    assert len(EVENTS) == len(set(EVENTS.values()))
    assert all(EVENTS[event].startswith("Asked ") == (event in DECISIONS) for event in Event)
    assert "The book was made and sealed" == told(Event.EXPORT_BUILT, Outcome.DONE)
    assert "Sending began, with an error" == told(Event.EXPORT_SENDING, Outcome.ERROR)


def test_rules_that_are_no_policys_are_told_too(desk: Desk) -> None:
    """P00 and G00 are the service's own; a rule that is gone is named without words."""
    unpermitted, undecidable, gone = rules_told(("P00", "G00", "R99"), desk.house.policy)

    assert "nothing permits" in unpermitted.clause
    assert "cannot be decided" in undecidable.clause
    assert ("R99", "", "") == (gone.rule, gone.clause, gone.advice)
