"""The mail that tells an agent that their agency's manager asked for their book. No name, no data.

Law: it says who by role and agency, and when; whoever else reads it learns nothing of a consumer.
"""

from __future__ import annotations

from delivery.message import a_message, moment_in_words
from runtime.clock import parse_rfc3339

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
    when = f"on {moment_in_words(parse_rfc3339(asked_at))}"
    return a_message(
        sender=sender,
        recipient=recipient,
        subject="Your agency asked for your Book of Business",
        at=parse_rfc3339(at),
        about=f"{export}.oversight",
        origin=origin,
        body=_BODY.format(agency=agency, when=when, portal=portal, exchange=exchange),
    ).as_bytes()
