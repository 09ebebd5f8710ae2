"""The way to the mail server, in two halves with a crossing between them.

`address` goes as far as an accepted recipient and may be repeated freely; `send` hands the
message over and may not. Laws:
1. No TLS that verifies, no mail: STARTTLS is required, the certificate and its name checked.
2. An answer is a state: 4xx waits (MailDeferredError), 5xx ends (MailRefusedError). After the
   data only a plain refusal is one; an answer that can't be read is a lost answer.
3. Once the server asked for the data (354), a lost connection is an AnswerLostError: nobody
   knows, and a person decides; nothing sends it again by itself. Before that, nothing went.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from exports.states import Reason

_TIMEOUT_SECONDS = 20
_ANSWER_SECONDS = 120
"""How long a server may think about a whole message, which it scans before it answers."""
_READY_FOR_DATA = 354
_DONE = 2
_LINE_WITH_DOT = re.compile(rb"^\.", re.MULTILINE)


class MailError(Exception):
    """A mail didn't go; `reason` says why as a code, and no server's words are kept."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class MailDeferredError(MailError):
    """Not now: try later."""


class MailRefusedError(MailError):
    """Not ever, as it stands."""


class AnswerLostError(MailError):
    """The message was handed over and no answer came."""


class AddressedMail:
    """A connection whose recipient the server accepted."""

    def __init__(self, server: smtplib.SMTP) -> None:
        self._server = server

    def send(self, message: bytes) -> None:
        """Hand the message over (lines end in CRLF); return when the server took it (2yz)."""
        limit = self._server.esmtp_features.get("size", "")
        if limit.isdigit() and 0 < int(limit) < len(message):
            raise MailRefusedError(Reason.MAIL_TOO_LARGE)
        try:
            code, _words = self._server.docmd("DATA")
        except (smtplib.SMTPException, OSError):
            raise MailDeferredError(Reason.MAIL_SERVER_DOWN) from None
        if code != _READY_FOR_DATA:
            raise _by_code(code)
        # RFC 5321 4.5.2: a line's first dot is doubled, a line of one dot ends the message.
        dotted = _LINE_WITH_DOT.sub(b"..", message).removesuffix(b"\r\n") + b"\r\n.\r\n"
        try:
            if self._server.sock is not None:
                self._server.sock.settimeout(_ANSWER_SECONDS)
            self._server.send(dotted)
            code, _words = self._server.getreply()
        except (smtplib.SMTPException, OSError):
            raise AnswerLostError(Reason.MAIL_ANSWER_LOST) from None
        kind = code // 100
        if kind in {4, 5}:
            raise _by_code(code)
        if kind != _DONE:
            raise AnswerLostError(Reason.MAIL_ANSWER_LOST)


class MailRoad:
    """Knows one mail server and whom to trust for its certificate."""

    def __init__(self, host: str, port: int, authorities: Path | None) -> None:
        self.host = host
        self.port = port
        self._tls = ssl.create_default_context(cafile=authorities)
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2

    def greet(self) -> None:
        """Go as far as TLS that verifies, and leave; raises as `address` does."""
        with self._connected() as server, _as_states():
            self._secure(server)

    @contextmanager
    def address(self, sender: str, recipient: str) -> Iterator[AddressedMail]:
        """Go as far as an accepted recipient; the connection ends with the block."""
        with self._connected() as server:
            with _as_states():
                self._secure(server)
                for code, _words in (server.mail(sender), server.rcpt(recipient)):
                    if code not in {250, 251}:
                        raise _by_code(code)
            yield AddressedMail(server)

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        try:
            server = smtplib.SMTP(self.host, self.port, timeout=_TIMEOUT_SECONDS)
        except (smtplib.SMTPException, OSError):
            raise MailDeferredError(Reason.MAIL_SERVER_DOWN) from None
        try:
            yield server
        finally:
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
            server.close()

    def _secure(self, server: smtplib.SMTP) -> None:
        server.ehlo_or_helo_if_needed()
        if not server.has_extn("starttls"):
            raise MailDeferredError(Reason.MAIL_WITHOUT_TLS)
        _start_tls(server, self._tls)
        server.ehlo()


@contextmanager
def _as_states() -> Iterator[None]:
    """Turn what goes wrong before the message into a state."""
    try:
        yield
    except smtplib.SMTPResponseException as error:
        raise _by_code(error.smtp_code) from None
    except (smtplib.SMTPException, OSError):
        raise MailDeferredError(Reason.MAIL_SERVER_DOWN) from None


def _start_tls(server: smtplib.SMTP, context: ssl.SSLContext) -> None:
    """Turn to TLS that verifies. What a server refuses before that is not the mail."""
    try:
        server.starttls(context=context)
    except (ssl.SSLError, smtplib.SMTPResponseException):
        raise MailDeferredError(Reason.MAIL_WITHOUT_TLS) from None


def _by_code(code: int) -> MailError:
    permanent = 500 <= code < 600  # noqa: PLR2004 - RFC 5321: 5yz is permanent
    return MailRefusedError(Reason.MAIL_REFUSED) if permanent else MailDeferredError(Reason.MAIL_SERVER_BUSY)
