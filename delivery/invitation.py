"""The mail that invites somebody: the code and where to type it; no name, no role, nothing to click away.

Law: the code stands in the text alone. The link leads to a page with a form, and carries nothing:
whatever opens it (a scanner, a preview) changes nothing.
"""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from identity.invitations import Invitation
from runtime.clock import PACIFIC, parse_rfc3339

PAGE = "/invitation"

_BODY = """\
You are invited to Sealed Book.

1. Open {page}
2. Type or paste this code:

{code}

3. Choose a password, and add the account to your authenticator app.

The code opens one account, once, until
{until}.
A second person has to approve the invitation first; if the page says that
it waits for that, come back later.

Didn't expect this? Don't use the code. Call us; nobody will ask you for it.

{exchange}
"""


def compose_invitation(
    invitation: Invitation, code: str, *, sender: str, recipient: str, portal: str, exchange: str, origin: str
) -> bytes:
    """Return the whole message, CRLF line ends, as it goes over the wire."""
    until = parse_rfc3339(invitation.expires_at).astimezone(PACIFIC)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = recipient
    mail["Subject"] = "Your invitation to Sealed Book"
    mail["Date"] = format_datetime(parse_rfc3339(invitation.created_at))
    mail["Message-ID"] = f"<{invitation.id}@{origin.partition('/')[0]}>"
    mail["Auto-Submitted"] = "auto-generated"
    words = f"{until:%A}, {until:%B} {until.day}, {until.year}, {until:%H:%M} Pacific"
    page = portal.rstrip("/") + PAGE
    body = _BODY.format(page=page, code=code, until=words, exchange=exchange)
    mail.set_content(body, cte="7bit" if body.isascii() else "quoted-printable")
    return mail.as_bytes()
