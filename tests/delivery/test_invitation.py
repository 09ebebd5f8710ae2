"""The mail that invites, and the one that tells of oversight: what they say, and what they never say."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage

import pytest

from delivery.invitation import compose_invitation
from delivery.oversight import compose_oversight
from identity.invitations import CONSOLE, Invitation, Kind, new_code

CODE = new_code()
INVITATION = Invitation(
    id="5c1f0a52-9a3e-4f0b-8a57-0f4f7f0f8d10",
    person="p1",
    kind=Kind.JOIN,
    code_digest="ab" * 32,
    invited_by=CONSOLE,
    created_at="2026-11-21T18:00:00.000000Z",
    expires_at="2026-11-24T18:00:00.000000Z",
    approved_at=None,
    accepted_at=None,
    password_hash=None,
    joined_at=None,
    withdrawn_at=None,
)
ROUTE = {
    "sender": "books@exchange.example",
    "recipient": "rita@exchange.example",
    "portal": "https://portal.example/",
    "exchange": "Test Exchange",
    "origin": "sealedbook.live.example/aabb",
}


def read(mail: bytes) -> EmailMessage:
    """Return a message as a mail program has it."""
    message = email.message_from_bytes(mail, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_an_invitation_has_the_code_in_its_text_alone() -> None:
    """The link is a plain page: no query, no fragment, no code."""
    message = read(compose_invitation(INVITATION, CODE, **ROUTE))
    text = message.get_content()

    assert "text/plain" == message.get_content_type()
    assert 1 == text.count(CODE)
    assert not any(CODE in str(value) for value in message.values())
    (link,) = [word for word in text.split() if word.startswith("http")]
    assert "https://portal.example/invitation" == link
    assert "Tuesday, November 24, 2026, 10:00 Pacific" in text
    assert "<5c1f0a52-9a3e-4f0b-8a57-0f4f7f0f8d10@sealedbook.live.example>" == message["Message-ID"]


def test_an_invitation_goes_to_one_address() -> None:
    """One recipient, no copy, and sent by a machine."""
    message = read(compose_invitation(INVITATION, CODE, **ROUTE))
    assert ("rita@exchange.example", None, None, "auto-generated") == tuple(
        message[name] for name in ("To", "Cc", "Bcc", "Auto-Submitted")
    )


@pytest.mark.parametrize("agency", ["Callahan & Daughters Insurance", "Nuñez é Hijos"])
def test_oversight_is_told_by_role_agency_and_moment(agency: str) -> None:
    """The agent learns who by role, of which agency, and when; no licence and no id stands in the text."""
    message = read(
        compose_oversight(
            "5c1f0a52-9a3e-4f0b-8a57-0f4f7f0f8d10",
            "2026-11-21T18:05:00.000000Z",
            agency=agency,
            at="2026-11-21T18:06:00.000000Z",
            **ROUTE,
        )
    )
    text = message.get_content()

    assert agency in text
    assert "on Saturday, November 21, 2026, 10:05 Pacific" in text
    assert "5c1f0a52" not in text
    assert "Your agency asked for your Book of Business" == message["Subject"]
