"""The mail that says that a book is ready: no data, no key, no token; a way to sign in and no more.

Law: whoever reads it learns that an agent of the exchange has a book waiting. Opening its link
changes nothing; the book is had behind a sign-in only.
"""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from delivery.mail import message_id
from exports.export import Export
from runtime.clock import PACIFIC, parse_rfc3339

_BODY = """\
Your Book of Business is ready.

Sign in with your second factor at
{portal}
open My Books, and download the request
{export}

It waits for you until
{until}

The file and its passphrase are in the portal only; nothing of them is in this mail.
Didn't you ask for it? Sign in and tell us, or call us.

{exchange}
"""


def compose_notice(
    export: Export,
    *,
    sender: str,
    recipient: str,
    portal: str,
    exchange: str,
    origin: str,
    at: str,
) -> bytes:
    """Return the whole message, CRLF line ends, as it goes over the wire."""
    until = parse_rfc3339(export.expires_at or "").astimezone(PACIFIC)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = recipient
    mail["Subject"] = "Your Book of Business is ready"
    mail["Date"] = format_datetime(parse_rfc3339(at))
    mail["Message-ID"] = message_id(export, origin)
    mail["Auto-Submitted"] = "auto-generated"
    words = f"{until:%A}, {until:%B} {until.day}, {until.year}, {until:%H:%M} Pacific"
    body = _BODY.format(portal=portal, export=export.id, until=words, exchange=exchange)
    mail.set_content(body, cte="7bit" if body.isascii() else "quoted-printable")
    return mail.as_bytes()
