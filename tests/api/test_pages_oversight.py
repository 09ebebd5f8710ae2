"""The reviewers' pages of oversight and of policy sets, by forms."""

from __future__ import annotations

import shutil
from pathlib import Path

from audit.entry import Resource
from audit.events import Event
from cli.desk import CONSOLE_OPERATOR
from house.policies import keep_set
from identity.people import Role
from policies.actions import Action
from policies.rules import NUMBERS, POLICIES_FOLDER, packaged_set
from store.policy_sets import KIND
from tests.api.callers import Desk, a_licence
from tests.api.reviewers import a_member
from tests.api.surfing import Surfer, signed_in_surfer

OVERSIGHT = "/desk/oversight"


def a_reviewing_surfer(desk: Desk) -> Surfer:
    """Return a reviewer before the page of oversight."""
    surfer = Surfer(desk, a_member(desk).client)
    surfer.open(OVERSIGHT)
    return surfer


def test_a_review_is_attested_once_by_each(desk: Desk) -> None:
    """The button attests; pressed again by the same person, the rule's advice stands beside it."""
    surfer = a_reviewing_surfer(desk)
    page = surfer.send(f"{OVERSIGHT}/review")
    assert (200, OVERSIGHT, True) == (surfer.status, surfer.path, "Last attested by" in page.text)

    page = surfer.send(f"{OVERSIGHT}/review")

    assert (422, True) == (surfer.status, "Another reviewer has to review" in page.text)


def test_a_glass_goes_from_one_reviewer_to_the_other(desk: Desk) -> None:
    """Asked for with a reason, seen by everybody at the desk, agreed to by another, closed by either."""
    asker, second = a_reviewing_surfer(desk), a_reviewing_surfer(desk)
    page = asker.send(f"{OVERSIGHT}/glass")
    assert (422, True) == (asker.status, "Choose the reason" in page.text)
    asker.send(f"{OVERSIGHT}/glass", reason="regulator-request")
    assert 200 == asker.status

    page = second.open("/people")
    assert OVERSIGHT == page.links["See who and why"]
    page = second.open(OVERSIGHT)
    (agree,) = [form.action for form in page.forms if form.action.endswith("/agree")]
    # Glasses of other tests may be broken too.
    before = page.text.count("Broken for")
    page = second.send(agree)
    assert (200, before + 1) == (second.status, page.text.count("Broken for"))

    close = agree.removesuffix("agree") + "close"
    page = second.send(close)
    assert (200, before) == (second.status, page.text.count("Broken for"))


def test_a_stale_code_is_asked_for(desk: Desk) -> None:
    """Without a fresh second factor the form asks for a code, and a wrong one stands at its field."""
    surfer = Surfer(desk, a_member(desk).client)
    desk.house.clock.advance(minutes=6)
    page = surfer.open(OVERSIGHT)
    assert "totp" in page.form(f"{OVERSIGHT}/glass").fields

    page = surfer.send(f"{OVERSIGHT}/glass", reason="incident", totp="")

    assert (422, "#totp-glass") == (
        surfer.status,
        page.links["Enter the six digits that your authenticator app shows now."],
    )


def test_locked_people_are_shown_and_released(desk: Desk) -> None:
    """Who is locked stands there with a button; pressed, they are gone."""
    agent = desk.an_agent()
    for _ in range(5):
        desk.sign_in(agent, totp="000000")
    surfer = a_reviewing_surfer(desk)
    action = f"{OVERSIGHT}/locks/{agent.person.id}"
    page = surfer.send(action)

    assert (200, OVERSIGHT) == (surfer.status, surfer.path)
    assert action not in {form.action for form in page.forms}


def test_addresses_alone_do_nothing(desk: Desk) -> None:
    """An action's address, gone to, leads back to the page."""
    surfer = a_reviewing_surfer(desk)
    for path in ("review", "glass", "locks/somebody", "glass/x/agree"):
        surfer.open(f"{OVERSIGHT}/{path}")
        assert (200, OVERSIGHT) == (surfer.status, surfer.path)
    surfer.open("/policies/approve")
    assert (200, "/policies") == (surfer.status, surfer.path)


def test_policy_sets_are_compared_and_approved(desk: Desk, tmp_path: Path) -> None:
    """A proposed set shows its differences and a button; approved once, it waits for another person."""
    digest = a_proposed_set(desk, tmp_path)
    surfer = Surfer(desk, a_member(desk).client)
    page = surfer.open("/policies")
    assert packaged_set().digest in page.text
    assert "+exports_per_day = 9" in page.text
    form = next(form for form in page.forms if form.fields.get("digest") == digest)

    page = surfer._take(surfer.post("/policies/approve", form.fields))

    assert (200, "/policies") == (surfer.status, surfer.path)
    assert "You approved this set" in page.text
    assert Event.POLICY_APPROVED is desk.entries()[-1].event


def test_agents_have_no_such_pages(desk: Desk) -> None:
    """To an agent there are neither policy sets nor oversight; an operator sees the sets only."""
    surfer = signed_in_surfer(desk, a_licence(desk))
    for path in ("/policies", OVERSIGHT):
        surfer.open(path)
        assert 404 == surfer.status
    operator = Surfer(desk, a_member(desk, Role.OPERATOR).client)
    operator.open("/policies")
    assert 200 == operator.status
    operator.open(OVERSIGHT)
    assert 404 == operator.status


def a_proposed_set(desk: Desk, tmp_path: Path) -> str:
    """Propose another set; return its digest."""
    source = tmp_path / "set"
    shutil.copytree(POLICIES_FOLDER, source)
    numbers = source / NUMBERS
    text = numbers.read_text(encoding="utf-8").replace("exports_per_day = 10 ", "exports_per_day = 9 ")
    numbers.write_text(text, encoding="utf-8")
    digest = keep_set(desk.home.data, source).digest
    with desk.home.operator.gate.transaction(CONSOLE_OPERATOR) as tx:
        tx.record(Event.POLICY_PROPOSED, Action.APPROVE_POLICY, Resource(kind=KIND, id=digest))
    return digest
