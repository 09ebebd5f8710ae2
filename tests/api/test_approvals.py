"""Approving invitations: by a second person, with a fresh second factor, once."""

from __future__ import annotations

from uuid import uuid4

import pytest

from audit.events import Event, Outcome
from identity.people import Role
from tests.api.callers import Desk, a_licence
from tests.api.joiners import Joiners


def approve(path_id: str) -> str:
    """Return the address of an invitation's approval."""
    return f"/v1/invitations/{path_id}/approve"


def test_what_waits_is_listed_for_reviewers_and_operators(joiners: Joiners) -> None:
    """The list says whom, as what and until when, with the address masked and no code."""
    made = joiners.invite()
    for role in (Role.REVIEWER, Role.OPERATOR):
        items = joiners.member(role).get("/v1/invitations").json()["items"]
        (mine,) = [item for item in items if item["id"] == made.invitation.id]
        assert ("waiting", "join", "reviewer", "N*@*.example", None) == tuple(
            mine[name] for name in ("standing", "kind", "role", "address", "licence")
        )
        assert made.person.papers.name == mine["name"]


def test_agents_see_no_invitations(desk: Desk) -> None:
    """To an agent there is no such list; approving is refused by P00 and recorded."""
    agent = desk.with_session(a_licence(desk))

    assert 404 == agent.get("/v1/invitations").status_code
    answer = agent.post(approve(str(uuid4())))
    assert (403, "P00") == (answer.status_code, answer.json()["rule"])


def test_a_reviewer_approves_what_the_console_sent(joiners: Joiners) -> None:
    """The approval is a decision, and the entry of who was approved follows from it."""
    made = joiners.invite()
    reviewer = joiners.member(Role.REVIEWER)

    answer = reviewer.post(approve(made.invitation.id))

    assert (204, b"") == (answer.status_code, answer.content)
    decision, approved = joiners.desk.entries()[-2:]
    assert (Event.APPROVAL_REQUESTED, Outcome.PERMIT, made.invitation.id) == (
        decision.event,
        decision.outcome,
        decision.resource.id,
    )
    assert (Event.PERSON_APPROVED, made.person.id, reviewer.person) == (
        approved.event,
        approved.resource.id,
        approved.actor.id,
    )


@pytest.mark.parametrize(
    ("invited", "approver", "status"),
    [
        (Role.REVIEWER, Role.OPERATOR, 204),
        (Role.OPERATOR, Role.REVIEWER, 204),
        (Role.OPERATOR, Role.OPERATOR, 403),
    ],
)
def test_the_consoles_operator_cant_be_the_second_person(
    joiners: Joiners, invited: Role, approver: Role, status: int
) -> None:
    """What the console sent an operator doesn't approve, but for reviewers, who can't be all on their own."""
    made = joiners.invite(joiners.newcomer(invited))
    assert status == joiners.member(approver).post(approve(made.invitation.id)).status_code


def test_nobody_approves_their_own(joiners: Joiners) -> None:
    """Who is invited isn't the second person, signed in as they may be."""
    made = joiners.invite()
    answer = joiners.with_session(made.person.id).post(approve(made.invitation.id))

    assert (403, "R12") == (answer.status_code, answer.json()["rule"])
    assert Outcome.REFUSE is joiners.desk.entry(answer.json()["decision"]).outcome


def test_an_approval_counts_once(joiners: Joiners) -> None:
    """What is approved, over or unknown isn't there to approve."""
    made = joiners.invite()
    reviewer = joiners.member(Role.REVIEWER)
    reviewer.post(approve(made.invitation.id))

    answers = [reviewer.post(approve(name)) for name in (made.invitation.id, str(uuid4()), "none")]

    assert [403, 403, 404] == [answer.status_code for answer in answers]


def test_approving_needs_a_fresh_factor_and_the_token(joiners: Joiners) -> None:
    """Five minutes after the second factor R14 refuses; without the CSRF token nothing is asked."""
    made = joiners.invite()
    reviewer = joiners.member(Role.REVIEWER)
    forged = reviewer.client.post(approve(made.invitation.id))
    joiners.desk.house.clock.advance(minutes=5, seconds=1)
    stale = reviewer.post(approve(made.invitation.id))

    assert (403, "urn:sealedbook:problem:csrf") == (forged.status_code, forged.json()["type"])
    assert (403, "R14") == (stale.status_code, stale.json()["rule"])
    assert 401 == joiners.desk.caller().post(approve(made.invitation.id)).status_code
