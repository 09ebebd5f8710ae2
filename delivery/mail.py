"""The mail that carries a sealed book. No consumer's data, no agent's name, no passphrase.

The Message-ID is made of export and fencing token, so that a mail that was sent twice by
hand is recognised as the same one.
"""

from __future__ import annotations

from delivery.message import a_message, day_in_words
from exports.export import Export
from runtime.clock import PACIFIC, parse_rfc3339

_XLSX = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")
_BODY = """\
Your Book of Business is attached.
The data are as of {as_of}.

The file is encrypted. Its passphrase is not in this mail and never will be.
Sign in with your second factor at
{portal}
open My Books, and choose Reveal passphrase for the request
{export}

You answer for this file under your Agent Agreement:
- Keep it on encrypted, password-protected storage only.
- Use it only to serve the consumers in it; don't pass it on.
- Destroy it when you no longer need it.
- Report loss, theft or a wrong recipient at once.

Not yours? Don't open it. Sign in and tell us, or call us.

{exchange}
"""


def about_book(export: Export) -> str:
    """Return what a book's mails are about, the same at each try for one built book."""
    return f"{export.id}.{export.built_fencing}"


def compose_mail(
    export: Export,
    book: bytes,
    *,
    sender: str,
    recipient: str,
    portal: str,
    exchange: str,
    origin: str,
    at: str,
) -> bytes:
    """Return the whole message, CRLF line ends, as it goes over the wire."""
    as_of = parse_rfc3339(export.snapshot_as_of or "").astimezone(PACIFIC)
    words = f"{day_in_words(as_of)}, 9:00 p.m. Pacific"
    mail = a_message(
        sender=sender,
        recipient=recipient,
        subject=f"Your Book of Business, data as of {as_of:%B} {as_of.day}, {as_of.year}",
        at=parse_rfc3339(at),
        about=about_book(export),
        origin=origin,
        body=_BODY.format(as_of=words, portal=portal, export=export.id, exchange=exchange),
    )
    mail.add_attachment(book, maintype=_XLSX[0], subtype=_XLSX[1], filename=export.file_name)
    return mail.as_bytes()
