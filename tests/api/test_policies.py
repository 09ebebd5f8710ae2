"""Policy sets come into force when two different people approved them, and every process obeys."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.entry import Resource
from audit.events import Event, Outcome
from cli.desk import CONSOLE_OPERATOR
from house.doctor.compliance import check_policy
from house.invitations import Invited
from house.policies import FOLDER, Stage, keep_set
from identity.people import Role
from policies.actions import Action
from policies.gate import Ask, OutOfForceError, RefusedError
from policies.rules import FIXED, NUMBERS, POLICIES_FOLDER, packaged_set
from store.policy_sets import KIND
from tests.api.callers import a_desk
from tests.api.joiners import Joiners
from tests.installation import Installation, a_live_installation
from tests.mail_server import a_mail_server
from tests.policy_sets import an_older_set

APPROVALS = "/v1/policies/approvals"
ROSTER = Ask(action=Action.MANAGE_PEOPLE, resource=Resource(kind="roster", id="new"))


@pytest.fixture
def founded(tmp_path: Path) -> Iterator[tuple[Installation, dict[Role, Invited]]]:
    """A live installation whose founding people approved nothing yet."""
    with a_live_installation(tmp_path) as made:
        yield made


@pytest.fixture
def house(founded: tuple[Installation, dict[Role, Invited]], tmp_path: Path) -> Iterator[Joiners]:
    """Its door, with a mail server."""
    home, founders = founded
    with a_mail_server(tmp_path) as mail, a_desk(home) as desk:
        yield Joiners(desk=desk, mail=mail, founders=founders)


def a_proposed_set(house: Joiners, tmp_path: Path, *, reads: int = 3) -> str:
    """Propose a set that lets reviewers look into the ledger less often; return its digest."""
    source = tmp_path / "candidate"
    shutil.copytree(POLICIES_FOLDER, source)
    numbers = source / NUMBERS
    text = numbers.read_text(encoding="utf-8")
    numbers.write_text(text.replace("ledger_reads_per_day = 500", f"ledger_reads_per_day = {reads}"))
    digest = keep_set(house.desk.home.data, source).digest
    with house.desk.home.operator.gate.transaction(CONSOLE_OPERATOR) as tx:
        tx.record(Event.POLICY_PROPOSED, Action.APPROVE_POLICY, Resource(kind=KIND, id=digest))
    return digest


def test_a_founding_approves_the_packaged_set(house: Joiners) -> None:
    """Before both founding people approved nothing but signing in, approving and reading is possible."""
    digest, operator = packaged_set().digest, house.desk.home.operator
    with pytest.raises(OutOfForceError), operator.gate.transaction(CONSOLE_OPERATOR) as tx:
        tx.decide(ROSTER)
    reviewer, founder = house.member(Role.REVIEWER), house.member(Role.OPERATOR)
    assert "founding" == reviewer.get("/v1/policies").json()["stage"]

    first = reviewer.post(APPROVALS, {"digest": digest})
    again = reviewer.post(APPROVALS, {"digest": digest})
    second = founder.post(APPROVALS, {"digest": digest})

    assert {"digest": digest, "approvals": 1, "adopted": False} == first.json()
    assert (403, "R27") == (again.status_code, again.json()["rule"])
    assert {"digest": digest, "approvals": 2, "adopted": True} == second.json()
    assert [
        (Event.POLICY_REQUESTED, Outcome.PERMIT),
        (Event.POLICY_APPROVED, Outcome.DONE),
        (Event.POLICY_ADOPTED, Outcome.DONE),
    ] == [(entry.event, entry.outcome) for entry in house.desk.entries()[-3:]]
    operator.policies.look_again()
    with operator.gate.transaction(CONSOLE_OPERATOR) as tx:
        tx.decide(ROSTER)
    assert "policy" not in house.desk.client.get("/readyz").json()["reasons"]


def test_the_founding_people_join_and_approve_by_themselves(house: Joiners) -> None:
    """With the codes that the founding told, both join, sign in and approve, and the house is open."""
    digest, adopted = packaged_set().digest, []
    for role in (Role.REVIEWER, Role.OPERATOR):
        founder = house.join(house.founders[role].code)
        caller, answer = house.desk.sign_in(founder)
        assert 201 == answer.status_code, answer.text
        assert "policies" in caller.get("/policies").text.lower()
        adopted.append(caller.post(APPROVALS, {"digest": digest}).json()["adopted"])
    assert [False, True] == adopted
    assert house.desk.house.policies.standing().stage is Stage.IN_FORCE


def test_a_proposed_set_comes_into_force_by_two_reviewers(house: Joiners, tmp_path: Path) -> None:
    """An operator can't approve it; the second reviewer's approval changes what the next decision obeys."""
    house.desk.home.adopt_policies()
    house.desk.house.policies.look_again()
    digest = a_proposed_set(house, tmp_path)
    reviewers = [house.member(Role.REVIEWER) for _ in range(2)]
    (waiting,) = reviewers[0].get("/v1/policies").json()["waiting"]
    assert (digest, [NUMBERS]) == (waiting["digest"], [change["name"] for change in waiting["changes"]])
    assert "-ledger_reads_per_day = 500" in "\n".join(waiting["changes"][0]["lines"])

    refused = house.member(Role.OPERATOR).post(APPROVALS, {"digest": digest})
    adopted = [one.post(APPROVALS, {"digest": digest}).json()["adopted"] for one in reviewers]

    assert (403, "P00") == (refused.status_code, refused.json()["rule"])
    assert [False, True] == adopted
    looks = [reviewers[0].post("/v1/audit/search", {}).status_code for _ in range(4)]
    assert [200, 200, 200, 403] == looks
    assert digest == house.desk.entries()[-1].policy


def test_changed_files_of_the_set_in_force_stop_everything(house: Joiners, tmp_path: Path) -> None:
    """Files that aren't what the digest says are not in force: 503, and `policy` on /readyz."""
    house.desk.home.adopt_policies()
    digest = a_proposed_set(house, tmp_path)
    for one in [house.member(Role.REVIEWER) for _ in range(2)]:
        one.post(APPROVALS, {"digest": digest})
    numbers = house.desk.home.data / FOLDER / digest / NUMBERS
    numbers.write_text(numbers.read_text(encoding="utf-8").replace("= 3 ", "= 9 "), encoding="utf-8")

    operator = house.desk.home.operator
    operator.__dict__.pop("policies")
    assert Stage.UNFIT is operator.policies.standing().stage
    with pytest.raises(OutOfForceError), operator.gate.transaction(CONSOLE_OPERATOR) as tx:
        tx.decide(ROSTER)
    house.desk.house.__dict__.pop("policies")
    answer = house.desk.client.get("/readyz")
    assert 503 == answer.status_code
    assert "policy" in answer.json()["reasons"]


def test_a_set_of_an_older_version_gives_way_to_the_new_one(house: Joiners) -> None:
    """After an upgrade nothing is released until two people, not operators alone, approve what changed."""
    digest = an_older_set(house.desk.home.data)
    house.desk.home.adopt_policies(digest)
    house.desk.house.policies.look_again()
    operators, reviewer = [house.member(Role.OPERATOR) for _ in range(2)], house.member(Role.REVIEWER)

    told = reviewer.get("/v1/policies").json()
    (waiting,) = told["waiting"]
    (change,) = waiting["changes"]
    assert (digest, "outgrown") == (told["in_force"], told["stage"])
    assert (packaged_set().digest, True, FIXED) == (waiting["digest"], waiting["fit"], change["name"])
    assert any(line.startswith('-@id("F09")') for line in change["lines"])
    assert "another version" in reviewer.get("/policies").text
    assert "policy" in house.desk.client.get("/readyz").json()["reasons"]
    assert "another version" in check_policy(house.desk.house).said
    with pytest.raises(OutOfForceError), house.desk.house.gate.transaction(CONSOLE_OPERATOR) as tx:
        tx.decide(ROSTER)

    approval = {"digest": packaged_set().digest}
    answers = [one.post(APPROVALS, approval) for one in (*operators, reviewer)]

    assert [False, False, True] == [answer.json()["adopted"] for answer in answers]
    assert house.desk.house.policies.standing().stage is Stage.IN_FORCE
    with house.desk.house.gate.transaction(CONSOLE_OPERATOR) as tx:
        tx.decide(ROSTER)


def test_operators_approve_nothing_when_files_were_only_changed(house: Joiners) -> None:
    """Who spoils the files of the set in force doesn't become one of two that approve another."""
    digest = an_older_set(house.desk.home.data)
    house.desk.home.adopt_policies(digest)
    (house.desk.home.data / FOLDER / digest / NUMBERS).unlink()
    house.desk.house.policies.look_again()
    assert house.desk.house.policies.standing().stage is Stage.UNFIT
    answer = house.member(Role.OPERATOR).post(APPROVALS, {"digest": packaged_set().digest})
    assert (403, "P00") == (answer.status_code, answer.json()["rule"])
    assert "missing or were changed" in house.member(Role.REVIEWER).get("/policies").text


def test_what_nobody_proposed_is_not_approved(house: Joiners) -> None:
    """An unknown digest is 404, and an agent sees no list."""
    reviewer = house.member(Role.REVIEWER)
    assert 404 == reviewer.post(APPROVALS, {"digest": "ab" * 32}).status_code
    assert 422 == reviewer.post(APPROVALS, {"digest": "all"}).status_code


def test_a_set_that_was_kept_but_not_proposed_is_refused(house: Joiners, tmp_path: Path) -> None:
    """Files alone are no proposal: R27 refuses a set that no entry proposed."""
    house.desk.home.adopt_policies()
    house.desk.house.policies.look_again()
    source = tmp_path / "candidate"
    shutil.copytree(POLICIES_FOLDER, source)
    with (source / NUMBERS).open("a", encoding="utf-8") as file:
        file.write("\n")
    digest = keep_set(house.desk.home.data, source).digest
    answer = house.member(Role.REVIEWER).post(APPROVALS, {"digest": digest})
    assert (403, "R27") == (answer.status_code, answer.json()["rule"])
    with pytest.raises(RefusedError), house.desk.home.operator.gate.transaction(CONSOLE_OPERATOR) as tx:
        tx.decide(Ask(action=Action.APPROVE_POLICY, resource=Resource(kind=KIND, id=digest)))
