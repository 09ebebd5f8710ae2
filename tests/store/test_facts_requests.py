"""Tests of the facts of a request: papers, session, subject, quota."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from audit.entry import Actor
from policies.fact_groups import (
    Moment,
    Subject,
)
from policies.gate import Bound, Who
from tests.store.household import (
    AGENT,
    AGENTS_PAPERS,
    AN_AGENT,
    FRESH_SESSION,
    MANAGER,
    MINE,
    OWN_REQUEST,
    PURPOSE,
    Household,
    day,
)


def test_a_requests_facts_are_the_rosters_and_the_sessions(household: Household) -> None:
    """RequestExport sees the agent's papers, their session's ages."""
    facts, bound = household.request(household.who)
    assert Moment(now=int(household.now.timestamp()), today=day("2026-11-21")) == facts.moment
    assert AN_AGENT == facts.person
    assert AGENTS_PAPERS == facts.licensing
    assert FRESH_SESSION == facts.session
    assert MINE == facts.subject
    assert OWN_REQUEST == facts.request
    assert Bound(agent=AGENT, export="new", purpose=PURPOSE, channel="email", profile="agent") == bound


def test_an_export_counts_for_a_day(household: Household) -> None:
    """Each export asked for counts against the agent's quota, for 24 hours."""
    before = household.request(household.who)[0].quota.exports_24h
    household.home.ask(household.who)
    assert before + 1 == household.request(household.who)[0].quota.exports_24h
    later = replace(household, now=household.now + timedelta(hours=24))
    assert 0 == later.request(household.who)[0].quota.exports_24h


@pytest.mark.parametrize(
    ("agent", "same_agency"),
    [("0E54140", True), ("0E96936", False), (AGENT, False), ("0Z99999", False)],
)
def test_a_manager_oversees_their_own_agency(household: Household, agent: str, same_agency: bool) -> None:
    """For a manager an agent of the same agency is one; of another, of none, or unknown isn't."""
    facts, bound = household.request(household.manager, agent)
    assert Subject(licence=agent, is_actor=False, same_agency=same_agency) == facts.subject
    assert ("manager", "manager", agent) == (facts.person.role, facts.request.profile, bound.agent)
    assert MANAGER == facts.licensing.licence


def test_a_manager_has_a_book_of_their_own(household: Household) -> None:
    """Without another agent named, a manager asks for their own book, in full."""
    facts, bound = household.request(household.manager)
    assert Subject(licence=MANAGER, is_actor=True, same_agency=True) == facts.subject
    assert (MANAGER, "agent") == (bound.agent, bound.profile)


def test_an_agent_oversees_nobody(household: Household) -> None:
    """For an agent who is no manager any other agent is another's."""
    facts, _ = household.request(household.who, "0E54140")
    assert Subject(licence="0E54140", is_actor=False, same_agency=False) == facts.subject


def test_an_unknown_session_is_as_old_as_can_be(household: Household) -> None:
    """A session that isn't there, or is another person's, has no second factor and every age."""
    for session in (None, "00" * 32, household.manager.actor.session):
        actor = Actor(
            kind="person", id=household.who.actor.id, role="agent", session=session, amr=("pwd", "otp")
        )
        facts, _ = household.request(Who(actor=actor, client="127.0.0.1"))
        assert (False, False, True) == (
            facts.session.current,
            facts.session.mfa,
            facts.session.mfa_age_seconds == facts.session.age_seconds == 10**9,
        )


def test_a_session_without_a_second_factor_has_none(household: Household) -> None:
    """Only a second factor that was given counts as one."""
    actor = household.who.actor
    bare = Actor(kind="person", id=actor.id, role="agent", session=actor.session, amr=("pwd",))
    assert household.request(Who(actor=bare, client="127.0.0.1"))[0].session.mfa is False
