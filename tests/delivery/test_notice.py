"""The notice of a book by link."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default

from delivery.notice import compose_notice
from tests.delivery.makers import an_export


def a_notice() -> bytes:
    """Return the notice of a book that expires on 5 December."""
    return compose_notice(
        an_export(channel="link"),
        sender="books@exchange.example",
        recipient="agent@agents.example",
        portal="https://portal.example",
        exchange="Test Exchange",
        origin="exchange.example/ledger",
        at="2026-11-21T18:00:00.000000Z",
    )


def test_a_notice_says_where_to_sign_in_and_until_when() -> None:
    """The portal's plain address, the request's number and the end of access stand in it."""
    mail = message_from_bytes(a_notice(), policy=default)
    lines = mail.get_content().splitlines()

    assert {"https://portal.example", an_export().id, "Saturday, December 5, 2026, 10:00 Pacific"} <= set(
        lines
    )


def test_a_notice_carries_no_data() -> None:
    """No attachment, no licence, no rows, no digest; its link is the portal's door and no more."""
    export = an_export(channel="link")
    mail = message_from_bytes(a_notice(), policy=default)
    raw = a_notice().decode()

    assert not mail.is_multipart()
    assert [] == [
        word for word in (export.agent, export.book_digest or "", "?") if word in raw.partition("Didn't")[0]
    ]
    assert "Your Book of Business is ready" == mail["Subject"]


def test_a_notice_goes_to_one_person() -> None:
    """One recipient, nobody in copy, no answer expected from a machine."""
    mail = message_from_bytes(a_notice(), policy=default)

    assert ("agent@agents.example", None, None) == (mail["To"], mail["Cc"], mail["Bcc"])
    assert "auto-generated" == mail["Auto-Submitted"]
    assert b"\r\n" in a_notice()
