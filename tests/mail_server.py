"""A real SMTP server on loopback that insists on STARTTLS, with fault switches."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Faults:
    """What the server does wrong; empty answers mean: accept."""

    at_recipient: str = ""
    at_data: str = ""
    hang_up_after_data: bool = False


@dataclass
class MailServer:
    """What came in, and how to reach the server."""

    port: int = 0
    authorities: Path = Path()
    faults: Faults = field(default_factory=Faults)
    mails: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Accept a recipient, or not."""
        if self.faults.at_recipient:
            return self.faults.at_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a mail, refuse it, or take it and hang up without a word."""
        if self.faults.at_data:
            return self.faults.at_data
        content: Any = envelope.content
        self.mails.append(bytes(content))
        self.recipients.extend(envelope.rcpt_tos)
        if self.faults.hang_up_after_data:
            transport: Any = server.transport
            transport.abort()
        return "250 OK"


class _AnyPort(Controller):
    """A controller on a port that the system chose."""

    def _trigger_server(self) -> None:
        listening: Any = self.server
        self.port = listening.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]  # aiosmtpd has no types


@contextmanager
def a_mail_server(folder: Path, *, name: str = "localhost", tls: bool = True) -> Iterator[MailServer]:
    """Run a server whose certificate is for `name`, signed by an authority of its own."""
    authority = trustme.CA()
    server = MailServer(authorities=folder / "mail-ca.pem")
    authority.cert_pem.write_to_path(str(server.authorities))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    options: dict[str, Any] = {"tls_context": context, "require_starttls": True} if tls else {}
    controller = _AnyPort(server, hostname="127.0.0.1", port=0, ready_timeout=10, **options)
    controller.start()
    try:
        server.port = controller.port
        yield server
    finally:
        controller.stop()
