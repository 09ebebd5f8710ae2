"""The mail that says that a book is ready: no data, no key, no token; a way to sign in and no more.

Law: whoever reads it learns that an agent of the exchange has a book waiting. Opening its link
changes nothing; the book is had behind a sign-in only.
"""

from __future__ import annotations

from delivery.mail import about_book
from delivery.message import a_message, moment_in_words
from exports.export import Export
from runtime.clock import parse_rfc3339

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
    until = moment_in_words(parse_rfc3339(export.expires_at or ""))
    return a_message(
        sender=sender,
        recipient=recipient,
        subject="Your Book of Business is ready",
        at=parse_rfc3339(at),
        about=about_book(export),
        origin=origin,
        body=_BODY.format(portal=portal, export=export.id, until=until, exchange=exchange),
    ).as_bytes()
