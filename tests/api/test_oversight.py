"""Reviews by turns, glasses broken by two, locks that a reviewer releases."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from audit.events import Event, Outcome
from identity.people import Role
from tests.api.callers import Caller, Desk, a_licence
from tests.api.fakes import GivenPolicies
from tests.api.reviewers import a_member

REVIEWS, GLASSES, LOCKS = "/v1/audit/reviews", "/v1/breakglass", "/v1/locks"
REASON = {"reason": "incident"}


def test_reviews_go_by_turns(desk: Desk) -> None:
    """A review is an entry that follows from a look; the next one is another reviewer's (R27)."""
    first, second = a_member(desk), a_member(desk)

    attested = first.post(REVIEWS)
    again = first.post(REVIEWS)
    others = second.post(REVIEWS)

    assert (201, 403, 201) == (attested.status_code, again.status_code, others.status_code)
    assert "R27" == again.json()["rule"]
    entry = desk.entry(attested.json()["entry"])
    assert (Event.LEDGER_REVIEWED, first.person, attested.json()["permit"]) == (
        entry.event,
        entry.actor.id,
        entry.because,
    )
    assert 201 == first.post(REVIEWS).status_code


def test_a_glass_is_broken_by_two(desk: Desk) -> None:
    """Who asked can't agree; the second reviewer opens it, loudly, and either closes it."""
    asker, second = a_member(desk), a_member(desk)

    asked = asker.post(GLASSES, REASON)
    glass = asked.json()["id"]
    own = asker.post(f"{GLASSES}/{glass}/agree")
    agreed = second.post(f"{GLASSES}/{glass}/agree")

    assert (201, "waiting") == (asked.status_code, asked.json()["state"])
    assert (403, "R27") == (own.status_code, own.json()["rule"])
    assert (200, "open", second.person) == (
        agreed.status_code,
        agreed.json()["state"],
        agreed.json()["agreed_by"],
    )
    assert [
        (Event.BREAKGLASS_REQUESTED, Outcome.PERMIT),
        (Event.BREAKGLASS_APPROVED, Outcome.DONE),
        (Event.BREAKGLASS_OPENED, Outcome.DONE),
    ] == [(entry.event, entry.outcome) for entry in desk.entries()[-3:]]
    assert "See who and why" in second.get("/desk/verify").text
    assert 404 == a_member(desk).post(f"{GLASSES}/{glass}/close").status_code
    assert "over" == asker.post(f"{GLASSES}/{glass}/close").json()["state"]
    assert 403 == second.post(f"{GLASSES}/{glass}/agree").status_code


def test_a_glass_lifts_the_quota_of_who_asked(desk: Desk) -> None:
    """Beyond the day’s looks R27 refuses; with the glass broken the ledger is open, until it is closed."""
    numbers = replace(desk.house.policy.numbers, ledger_reads_per_day=2)
    policy = replace(desk.house.policy, numbers=numbers, digest="0" * 64)
    desk.house.__dict__["policies"] = GivenPolicies(desk.house, policy)
    asker, second = a_member(desk), a_member(desk)
    assert [200, 200] == [asker.post("/v1/audit/search", {}).status_code for _ in range(2)]
    assert (403, "R27") == refusal(asker)
    glass = asker.post(GLASSES, REASON).json()["id"]
    assert 200 == second.post(f"{GLASSES}/{glass}/agree").status_code

    assert 200 == asker.post("/v1/audit/search", {}).status_code
    assert 200 == asker.post(f"{GLASSES}/{glass}/close").status_code
    assert (403, "R27") == refusal(asker)


def test_a_reason_is_one_of_the_codes(desk: Desk) -> None:
    """Free text is bad input and isn't recorded; an agent has no glass to break."""
    reviewer = a_member(desk)
    before = len(desk.entries())
    assert 422 == reviewer.post(GLASSES, {"reason": "I am curious"}).status_code
    assert before == len(desk.entries())
    agent = desk.with_session(a_licence(desk))
    assert (403, "P00") == refusal(agent, GLASSES, REASON)
    assert 404 == agent.get(GLASSES).status_code


def test_a_locked_person_is_seen_and_released(desk: Desk) -> None:
    """After five wrong codes a reviewer sees the lock and releases it; the person signs in at once."""
    reviewer, agent = a_member(desk), desk.an_agent()
    for _ in range(5):
        assert 401 == desk.sign_in(agent, totp="000000")[1].status_code
    assert 401 == desk.sign_in(agent)[1].status_code
    assert agent.person.id in {one["person"] for one in reviewer.get(LOCKS).json()["items"]}

    released = reviewer.post(f"{LOCKS}/{agent.person.id}/release")

    assert 204 == released.status_code, released.text
    decision, entry = desk.entries()[-2:]
    assert (Event.LOCK_REQUESTED, Event.LOCK_RELEASED, agent.person.id) == (
        decision.event,
        entry.event,
        entry.resource.id,
    )
    assert agent.person.id not in {one["person"] for one in reviewer.get(LOCKS).json()["items"]}
    answer = desk.sign_in(agent)[1]
    assert 201 == answer.status_code, (answer.json(), desk.entries()[-1], desk.entries()[-2])


def test_only_what_is_locked_is_released(desk: Desk) -> None:
    """R27 refuses to release who isn't locked, and whom nobody knows; operators release nobody."""
    reviewer = a_member(desk)
    for person in (desk.an_agent().person.id, str(uuid4())):
        assert (403, "R27") == refusal(reviewer, f"{LOCKS}/{person}/release")
    assert (403, "P00") == refusal(a_member(desk, Role.OPERATOR), f"{LOCKS}/{reviewer.person}/release")


@pytest.mark.parametrize("path", [f"{GLASSES}/{uuid4()}/agree", f"{GLASSES}/nonsense/agree"])
def test_an_unknown_glass_is_not_agreed_to(desk: Desk, path: str) -> None:
    """What nobody asked for stays shut."""
    assert a_member(desk).post(path).status_code in {403, 404}


def refusal(caller: Caller, path: str = "/v1/audit/search", body: object = None) -> tuple[int, str]:
    """Return how something is refused, and by what."""
    answer = caller.post(path, body or {})
    return answer.status_code, answer.json().get("rule", "")
