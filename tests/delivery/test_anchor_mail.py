"""The signed head as a mail to reviewers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from audit.anchor import AnchorError, Copy, Trouble
from delivery.anchor_mail import MailAnchor
from delivery.smtp import MailRoad
from tests.mail_server import MailServer, a_mail_server

NOTE = "ledger.example/sealed-book\n3\nF94g17EMKW4f=\n\n— ledger.example/sealed-book clGEyXxT\n"
COPY = Copy(size=3, at=datetime(2026, 11, 21, 18, 0, tzinfo=UTC), note=NOTE)


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[MailServer]:
    """A mail server that does what it should."""
    with a_mail_server(tmp_path) as server:
        yield server


def anchor_to(mail: MailServer, *addresses: str) -> MailAnchor:
    """Return the anchor for some reviewers."""
    return MailAnchor(
        road=MailRoad("localhost", mail.port, mail.authorities),
        sender="books@exchange.example",
        exchange="Test Exchange",
        origin="ledger.example/sealed-book",
        recipients=lambda: addresses,
    )


def test_each_reviewer_gets_the_checkpoint_as_text(mail: MailServer) -> None:
    """The checkpoint stands in the mail line by line; nothing can be read back."""
    anchor = anchor_to(mail, "rita@exchange.example", "rob@exchange.example")
    anchor.put(COPY)
    assert ["rita@exchange.example", "rob@exchange.example"] == mail.recipients
    read = message_from_bytes(mail.mails[0], policy=default)
    assert isinstance(read, EmailMessage)
    assert NOTE in read.get_content().replace("\r\n", "\n")
    assert "Signed head of the audit ledger: 3 entries" == read["Subject"]
    assert anchor.newest(0) is None


def test_nobody_to_send_to_is_a_failure(mail: MailServer) -> None:
    """An anchor without anybody who keeps it is none."""
    with pytest.raises(AnchorError) as caught:
        anchor_to(mail).put(COPY)
    assert Trouble.NOBODY == caught.value.trouble


@pytest.mark.parametrize(
    ("answer", "trouble"), [("451 later", Trouble.UNREACHABLE), ("550 no", Trouble.REFUSED)]
)
def test_a_server_that_takes_no_mail_is_a_failure(mail: MailServer, answer: str, trouble: Trouble) -> None:
    """Not now and never are told apart."""
    mail.faults.at_recipient = answer
    with pytest.raises(AnchorError) as caught:
        anchor_to(mail, "rita@exchange.example").put(COPY)
    assert trouble == caught.value.trouble
