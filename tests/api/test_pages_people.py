"""Joining, approving and one's own account, by forms."""

from __future__ import annotations

import re

from audit.events import Outcome
from identity.invitations import digest_of_code
from identity.people import Role
from runtime.database import reading
from store.invitations import invitation_by_digest
from store.people import person_by_id
from tests.api.callers import Desk, a_licence
from tests.api.members import a_code, a_member
from tests.api.surfing import Surfer, a_surfer, signed_in_surfer
from tests.installation import Enrolled

NEW = "an otter paints seven doors"


def join(desk: Desk) -> tuple[Surfer, Enrolled]:
    """Let somebody join by the pages; return them before the sign-in page, and what they sign in with."""
    code = a_code(desk)
    surfer = a_surfer(desk)
    surfer.open("/invitation")
    page = surfer.send("/invitation", code=code, password=NEW)
    key = re.search(r"type this key: ((?:[A-Z2-7]{2,4} )+)", page.text)
    assert key is not None, page.text
    secret = key[1].replace(" ", "")
    with reading(desk.house.engine) as connection:
        person = person_by_id(connection, invitation_by_digest(connection, digest_of_code(code)).person)
    enrolled = Enrolled(person, NEW, secret)
    page = surfer.send("/invitation/confirm", totp=desk.code(enrolled))
    assert f"Your user name is {person.username}" in page.text
    surfer.open("/sign-in")
    return surfer, enrolled


def test_a_reviewer_joins_and_signs_in(desk: Desk) -> None:
    """Code and password, then the authenticator, then the sign-in; agents' pages aren't theirs."""
    surfer, enrolled = join(desk)

    surfer.sign_in(enrolled)

    assert 200 == surfer.status
    assert {"People", "Account"} <= surfer.page.links.keys()
    for path in ("/consumers", "/export", "/books", "/operator"):
        surfer.open(path)
        assert 404 == surfer.status


def test_what_is_wrong_with_a_joining_stands_at_the_field(desk: Desk) -> None:
    """No code, a known password, a wrong first code: each at its field, and the code stays as typed."""
    code = a_code(desk)
    surfer = a_surfer(desk)
    surfer.open("/invitation")

    page = surfer.send("/invitation")
    assert (422, {"#code", "#password"}) == (surfer.status, {"#code", "#password"} & set(page.links.values()))
    page = surfer.send("/invitation", code=code, password="password1234")
    assert (422, code) == (surfer.status, page.form("/invitation").fields["code"])
    assert "known to everybody" in page.text
    surfer.send("/invitation", code=code, password=NEW)
    page = surfer.send("/invitation/confirm", totp="000000")
    assert (422, True) == (surfer.status, "That code isn’t right" in page.text)


def test_a_code_that_opens_nothing_reads_the_same_whatever_it_is(desk: Desk) -> None:
    """A code that nobody has and one that nobody approved get the same words; both are recorded."""
    surfer = a_surfer(desk)
    for code in ("nobody-has-this-code", a_code(desk, approved=False)):
        surfer.open("/invitation")
        surfer.send("/invitation", code=code, password=NEW)
        assert (422, True) == (surfer.status, "This code opens no account" in surfer.page.text)
        assert Outcome.REFUSE == desk.entries()[-1].outcome


def test_an_invitation_is_approved_by_a_second_person(desk: Desk) -> None:
    """A reviewer approves what waits; without a fresh code the form asks for one."""
    a_code(desk, approved=False)
    surfer = a_member(desk)

    page = surfer.open("/people")

    actions = [form.action for form in page.forms if form.action.endswith("/approve")]
    surfer.send(actions[0])
    assert (200, "/people") == (surfer.status, surfer.path)
    assert actions[0] not in [form.action for form in surfer.page.forms]


def test_invitations_are_not_for_agents(desk: Desk) -> None:
    """An agent finds no page of people."""
    surfer = signed_in_surfer(desk, a_licence(desk))

    surfer.open("/people")

    assert 404 == surfer.status


def test_an_operator_reads_that_nothing_is_here(desk: Desk) -> None:
    """An operator's page holds nothing of consumers."""
    surfer = a_member(desk, Role.OPERATOR)

    page = surfer.open("/")

    assert ("/operator", True) == (surfer.path, "Nothing of consumers is here" in page.text)


def test_a_password_is_changed_and_everybody_signs_in_anew(desk: Desk) -> None:
    """Wrong and weak ones are told at the field; a good one ends the session and opens the next."""
    agent = desk.an_agent()
    surfer = signed_in_surfer(desk, agent.person.papers.licence)
    surfer.open("/account")

    surfer.send("/account/password", old=agent.password, new="short", totp="000000")
    assert (422, True) == (surfer.status, "or more" in surfer.page.text)
    surfer.send("/account/password", old="not this", new=NEW, totp=desk.code(agent))
    assert (422, True) == (surfer.status, "isn’t right" in surfer.page.text)
    surfer.send("/account/password", old=agent.password, new=NEW, totp=desk.code(agent))
    assert "/sign-in" == surfer.path
    surfer.sign_in(agent, password=agent.password, totp="000000")
    assert 401 == surfer.status
    surfer.open("/account")
    assert "/sign-in" == surfer.path


def test_signing_out_everywhere_ends_the_session(desk: Desk) -> None:
    """The account's button signs out, and the address of it alone doesn't."""
    surfer = signed_in_surfer(desk, a_licence(desk))
    surfer.open("/account/sign-out")
    assert "/account" == surfer.path

    surfer.send("/account/sign-out")

    assert "/sign-in" == surfer.path


def test_the_account_shows_papers_and_what_was_done(desk: Desk) -> None:
    """Papers with their last good day, and the person's own entries with their numbers."""
    surfer = signed_in_surfer(desk, a_licence(desk))
    surfer.open("/export")
    surfer.send("/export", purpose="service-delegated-consumers", channel="link", acknowledged="yes")
    asked = len(desk.entries()) - 1

    page = surfer.open("/account")

    assert "State license Good January 1, 2028" in page.text
    assert f"Asked to export a Book of Business You Permitted {asked}" in page.text
