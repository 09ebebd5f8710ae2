"""The mail that invites somebody: the code and where to type it; no name, no role, nothing to click away.

Law: the code stands in the text alone. The link leads to a page with a form, and carries nothing:
whatever opens it (a scanner, a preview) changes nothing.
"""

from __future__ import annotations

from delivery.message import a_message, moment_in_words
from identity.invitations import Invitation
from runtime.clock import parse_rfc3339

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
    until = moment_in_words(parse_rfc3339(invitation.expires_at))
    page = portal.rstrip("/") + PAGE
    return a_message(
        sender=sender,
        recipient=recipient,
        subject="Your invitation to Sealed Book",
        at=parse_rfc3339(invitation.created_at),
        about=invitation.id,
        origin=origin,
        body=_BODY.format(page=page, code=code, until=until, exchange=exchange),
    ).as_bytes()
