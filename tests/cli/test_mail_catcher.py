"""The demo's mail server takes mail over verified TLS only, and keeps it as it came."""

from __future__ import annotations

import smtplib
import stat
from pathlib import Path

import pytest

from cli.mail_catcher import HOST, MailCatcher
from delivery.smtp import MailRoad

MESSAGE = b"Subject: a book\r\n\r\nattached\r\n"


def test_mail_over_tls_is_kept_as_it_came(tmp_path: Path) -> None:
    """Each message is a file with the bytes of the wire, for its owner alone."""
    with MailCatcher(tmp_path / "mail") as catcher:
        road = MailRoad(HOST, catcher.port, catcher.authority)
        for _ in range(2):
            with road.address("books@sealedbook.example", "agent@agents.example") as addressed:
                addressed.send(MESSAGE)
    assert ["mail-1.eml", "mail-2.eml"] == [path.name for path in catcher.mails]
    assert MESSAGE == catcher.mails[0].read_bytes()
    assert 0o600 == stat.S_IMODE(catcher.mails[0].stat().st_mode)


def test_mail_without_tls_is_refused(tmp_path: Path) -> None:
    """Before STARTTLS no sender is accepted."""
    with MailCatcher(tmp_path / "mail") as catcher, smtplib.SMTP(HOST, catcher.port) as server:
        with pytest.raises(smtplib.SMTPException) as refused:
            server.sendmail("a@sealedbook.example", "b@agents.example", MESSAGE)
        assert "530" in str(refused.value)
    assert [] == catcher.mails
