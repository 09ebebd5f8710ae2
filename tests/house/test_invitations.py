"""Inviting and resetting at the console: mailed or not at all, kept before it is mailed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.entry import Entry
from audit.events import Event, Outcome
from delivery.smtp import MailRoad
from house.invitations import InvitingError, invite_agent, invite_member, reset_person
from house.post import NoMailError, Post, find_post
from identity.invitations import Standing, digest_of_code
from identity.people import NEVER, Newcomer, Role
from runtime.clock import rfc3339
from runtime.database import reading
from store.invitations import invitation_by_digest, pending_invitations
from store.people import PersonNotFoundError, member_by_email
from tests.installation import CONSOLE_WHO, Installation, a_live_installation, an_installation
from tests.mail_server import Faults, MailServer

RITA = Newcomer(role=Role.REVIEWER, name="Rita Review", email="Rita@exchange.example")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A demo installation with the test roster."""
    with an_installation(tmp_path_factory.mktemp("inviting")) as made:
        made.take_roster()
        yield made


def post_of(mail: MailServer) -> Post:
    """Return a way to the mail server."""
    road = MailRoad("localhost", mail.port, mail.authorities)
    return Post(road=road, sender="books@exchange.example", portal="https://portal.example")


def size_of(home: Installation) -> int:
    """Return how many entries the ledger has."""
    return home.operator.reader.head().size


def last_entries(home: Installation, count: int) -> list[Entry]:
    """Return the ledger's last entries."""
    size = size_of(home)
    return [Entry.decode(data) for data in home.operator.reader.entries(size - count, size)]


def test_an_agent_is_invited_at_the_registered_address(demo: Installation, mail: MailServer) -> None:
    """The code goes to the roster's address; the house keeps its digest alone."""
    invited = invite_agent(demo.operator, CONSOLE_WHO, "0B65625", post_of(mail))

    assert ["agent0000@agents.example"] == mail.recipients
    assert invited.code in mail.mails[0].decode()
    with reading(demo.operator.engine) as connection:
        kept = invitation_by_digest(connection, digest_of_code(invited.code))
    assert invited.code not in repr(vars(kept))
    assert invited.code not in repr(invited)
    assert [Event.PEOPLE_REQUESTED, Event.PERSON_INVITED, Event.PERSON_APPROVED] == [
        entry.event for entry in last_entries(demo, 3)
    ]
    assert "demo-mode" == last_entries(demo, 1)[0].reason


@pytest.mark.parametrize(
    ("faults", "kept"), [(Faults(at_recipient="550 nobody"), 0), (Faults(at_data="451 not now"), 3)]
)
def test_what_the_mail_server_refuses_is_said(
    demo: Installation, mail: MailServer, faults: Faults, kept: int
) -> None:
    """A refused address leaves nothing; what was lost later says: invite again, and that works."""
    before = size_of(demo)
    mail.faults = faults
    with pytest.raises(InvitingError, match="invite again"):
        invite_agent(demo.operator, CONSOLE_WHO, "0G96486", post_of(mail))
    assert kept == size_of(demo) - before

    mail.faults = Faults()
    again = invite_agent(demo.operator, CONSOLE_WHO, "0G96486", post_of(mail))
    with reading(demo.operator.engine) as connection:
        now = demo.operator.clock.now()
        mine = [one for one in pending_invitations(connection, now) if one.person == again.person.id]
    assert [again.invitation] == mine


def test_a_member_is_one_person_however_often_invited(demo: Installation) -> None:
    """The address, in any case of letters, is who they are; papers say nothing, for good."""
    first = invite_member(demo.operator, CONSOLE_WHO, RITA, None)
    again = Newcomer(role=Role.REVIEWER, name="Rita", email="RITA@exchange.example")
    second = invite_member(demo.operator, CONSOLE_WHO, again, None)

    assert first.person.id == second.person.id
    assert ("rita@exchange.example", "", NEVER) == (
        second.person.username,
        second.person.papers.licence,
        second.person.papers.licence_expires_on,
    )
    with reading(demo.operator.engine) as connection:
        old = invitation_by_digest(connection, digest_of_code(first.code))
        assert member_by_email(connection, "agent0000@agents.example") is None
    assert Standing.WITHDRAWN is old.standing(rfc3339(demo.operator.clock.now()))


def test_one_person_has_one_role(demo: Installation) -> None:
    """A reviewer's address can't be invited as an operator, and the message names no address."""
    invite_member(demo.operator, CONSOLE_WHO, RITA, None)
    operator = Newcomer(role=Role.OPERATOR, name="Rita", email=RITA.email)
    with pytest.raises(InvitingError, match="one person has one role") as thrown:
        invite_member(demo.operator, CONSOLE_WHO, operator, None)
    assert "rita" not in str(thrown.value).casefold()


def test_who_joined_is_reset_and_who_did_not_is_invited(demo: Installation) -> None:
    """Each of the two says which the other is."""
    demo.enrol("0D64081")
    with pytest.raises(InvitingError, match="people reset"):
        invite_agent(demo.operator, CONSOLE_WHO, "0D64081", None)
    with pytest.raises(InvitingError, match="nothing to reset"):
        reset_person(demo.operator, CONSOLE_WHO, "0E19721", None)
    for nobody in ("0Z00000", "nobody@exchange.example"):
        with pytest.raises(PersonNotFoundError):
            reset_person(demo.operator, CONSOLE_WHO, nobody, None)


def test_a_reset_ends_sessions_and_starts_the_hold(demo: Installation) -> None:
    """The password is gone, sessions have ended, and the moment is kept, in one transaction."""
    who = demo.sign_in(demo.enrol("0F92622"))

    reset = reset_person(demo.operator, CONSOLE_WHO, "0F92622", None)

    assert (None, True) == (reset.person.password_hash, reset.person.factors_reset_at is not None)
    events = last_entries(demo, 5)
    assert [
        Event.PEOPLE_REQUESTED,
        Event.SESSION_ENDED,
        Event.PERSON_RESET,
        Event.PERSON_INVITED,
        Event.PERSON_APPROVED,
    ] == [entry.event for entry in events]
    assert who.actor.session == events[1].resource.id
    assert {Outcome.PERMIT, Outcome.DONE} == {entry.outcome for entry in events}
    assert 0 < len({entry.because for entry in events[1:]}) == 1


def test_outside_a_demo_nothing_is_invited_without_mail(tmp_path: Path) -> None:
    """A live house prints no code: without a mail server it says what is missing, and keeps nothing."""
    with a_live_installation(tmp_path) as (home, founders):
        before = size_of(home)
        with pytest.raises(InvitingError, match="by mail only"):
            invite_member(home.operator, CONSOLE_WHO, RITA, None)
        with pytest.raises(NoMailError, match="SEALEDBOOK_MAIL_HOST"):
            find_post(home.settings)
        assert before == size_of(home)
        assert {Role.REVIEWER, Role.OPERATOR} == founders.keys()
        events = [(entry.event, entry.reason) for entry in last_entries(home, 5)]
    assert [
        (Event.INSTALLATION_STARTED, None),
        (Event.PERSON_INVITED, "founding"),
        (Event.PERSON_APPROVED, "founding"),
        (Event.PERSON_INVITED, "founding"),
        (Event.PERSON_APPROVED, "founding"),
    ] == events


def test_the_settings_tell_how_mail_goes(
    demo: Installation, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a running `serve` the environment names the mail server and the portal."""
    for name, value in {
        "HOST": "localhost",
        "PORT": str(mail.port),
        "SENDER": "books@exchange.example",
        "CA": str(mail.authorities),
    }.items():
        monkeypatch.setenv(f"SEALEDBOOK_MAIL_{name}", value)
    monkeypatch.setenv("SEALEDBOOK_PORTAL_URL", "https://portal.example")

    post = find_post(demo.settings)

    assert ("books@exchange.example", "https://portal.example") == (post.sender, post.portal)
    invite_agent(demo.operator, CONSOLE_WHO, "0K70688", post)
    assert 1 == len(mail.mails)
