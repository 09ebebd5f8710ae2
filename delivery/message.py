"""What every mail of the house is: from whom, to whom, when, of which id, a text, and never a reply to one.

Laws
1. The Message-ID is made of what the mail is about, so that one that was sent twice is known as the same.
2. A text goes as it is where it is ASCII, else as quoted-printable: no server on the way changes it.
"""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from runtime.clock import PACIFIC


def a_message(
    *, sender: str, recipient: str, subject: str, at: datetime, about: str, origin: str, body: str
) -> EmailMessage:
    """Return a mail with its text; `about` is what its id is made of, `at` an aware moment."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = recipient
    mail["Subject"] = subject
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{about}@{origin.partition('/')[0]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(body, cte="7bit" if body.isascii() else "quoted-printable")
    return mail


def day_in_words(moment: datetime) -> str:
    """Return a moment's Pacific day, such as `Friday, November 20, 2026`."""
    day = moment.astimezone(PACIFIC)
    return f"{day:%A}, {day:%B} {day.day}, {day.year}"


def moment_in_words(moment: datetime) -> str:
    """Return a moment by Pacific time, such as `Friday, November 20, 2026, 21:00 Pacific`."""
    return f"{day_in_words(moment)}, {moment.astimezone(PACIFIC):%H:%M} Pacific"
