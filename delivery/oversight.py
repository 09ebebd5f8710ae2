"""The mail that tells an agent that their agency's manager asked for their book. No name, no data.

Law: it says who by role and agency, and when; whoever else reads it learns nothing of a consumer.
"""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from runtime.clock import PACIFIC, parse_rfc3339

_BODY = """\
A manager of your agency asked for your Book of Business:
{agency}
{when}

Managers see a book of their agency's agents in a form of its own: your
consumers' names, phone numbers and addresses are masked, and subsidies are
left out. You don't have to do anything.

All such requests stand in the portal, under My Books:
{portal}

Does this look wrong? Tell your agency, or call us.

{exchange}
"""


def compose_oversight(
    export: str,
    asked_at: str,
    *,
    agency: str,
    sender: str,
    recipient: str,
    portal: str,
    exchange: str,
    origin: str,
    at: str,
) -> bytes:
    """Return the whole message, CRLF line ends, as it goes over the wire."""
    when = parse_rfc3339(asked_at).astimezone(PACIFIC)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = recipient
    mail["Subject"] = "Your agency asked for your Book of Business"
    mail["Date"] = format_datetime(parse_rfc3339(at))
    mail["Message-ID"] = f"<{export}.oversight@{origin.partition('/')[0]}>"
    mail["Auto-Submitted"] = "auto-generated"
    words = f"on {when:%A}, {when:%B} {when.day}, {when.year}, {when:%H:%M} Pacific"
    body = _BODY.format(agency=agency, when=words, portal=portal, exchange=exchange)
    mail.set_content(body, cte="7bit" if body.isascii() else "quoted-printable")
    return mail.as_bytes()
