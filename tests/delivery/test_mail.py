"""Tests of the mail that carries a book: what is in it, and what never is."""

from __future__ import annotations

import email
import re
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.mail import about_book, compose_mail
from exports.export import Export
from tests.book.makers import AGENT, EXPORT
from tests.delivery.makers import an_export

BOOK = bytes(range(256)) * 40
ORIGIN = "sealedbook.demo.example/0123456789abcdef"
PORTAL = "https://books.exchange.example"
RECIPIENT = "agent0004@agents.example"


def composed(export: Export | None = None, book: bytes = BOOK, **changes: Any) -> bytes:
    """Return the mail of an export, as it goes over the wire."""
    fields = {
        "sender": "books@exchange.example",
        "recipient": RECIPIENT,
        "portal": PORTAL,
        "exchange": "Test Exchange",
        "origin": ORIGIN,
        "at": "2026-11-21T18:00:00.000000Z",
    }
    return compose_mail(export or an_export(), book, **(fields | changes))


def read(mail: bytes) -> EmailMessage:
    """Return a mail as a reader has it."""
    found: Any = email.message_from_bytes(mail, policy=SMTP)
    assert isinstance(found, EmailMessage)
    return found


def body_of(mail: bytes) -> EmailMessage:
    """Return a mail's words."""
    found: Any = read(mail).get_body(("plain",))
    assert isinstance(found, EmailMessage)
    return found


def test_the_headers_are_these_and_no_others() -> None:
    """A mail has one sender, one recipient, and no header that carries anything else."""
    mail = read(composed())
    assert {
        "From": "books@exchange.example",
        "To": RECIPIENT,
        "Subject": "Your Book of Business, data as of November 20, 2026",
        "Date": "Sat, 21 Nov 2026 18:00:00 +0000",
        "Message-ID": f"<{EXPORT}.1@sealedbook.demo.example>",
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
    } == {name: value for name, value in mail.items() if name != "Content-Type"}
    assert "multipart/mixed" == mail.get_content_type()
    assert len(mail.keys()) == len(set(mail.keys()))


def test_the_body_says_what_to_do() -> None:
    """The words name the data's moment in California, the portal, the request and the exchange."""
    lines = body_of(composed()).get_content().splitlines()
    assert "The data are as of Friday, November 20, 2026, 9:00 p.m. Pacific." in lines
    assert {PORTAL, EXPORT, "Test Exchange"} <= set(lines)


def test_the_body_is_plain_short_lines() -> None:
    """The words go as 7-bit lines of at most 78 characters that any reader shows as they are."""
    mail = composed()
    part = body_of(mail)
    assert "7bit" == part["Content-Transfer-Encoding"]
    words = part.get_content()
    assert words.isascii()
    assert [] == [line for line in words.splitlines() if len(line) > 78]
    assert words.encode() in mail


def test_every_line_ends_in_both_characters() -> None:
    """On the wire each line ends in CRLF, and none is longer than a server must take."""
    mail = composed()
    assert mail.endswith(b"\r\n")
    assert mail.count(b"\n") == mail.count(b"\r\n") == mail.count(b"\r")
    assert [] == [line for line in mail.split(b"\r\n") if len(line) > 998]


def test_an_exchange_may_have_any_name() -> None:
    """A name beyond ASCII is encoded and read again, and the wire stays 7-bit."""
    mail = composed(exchange="Bolsa de Salud «Núñez»")
    assert "quoted-printable" == body_of(mail)["Content-Transfer-Encoding"]
    assert "Bolsa de Salud «Núñez»" in body_of(mail).get_content().splitlines()
    assert mail.isascii()


@given(st.binary(max_size=5000))
def test_the_book_comes_back_as_it_was(book: bytes) -> None:
    """The one attachment has the sealed book's very bytes."""
    (attachment,) = read(composed(book=book)).iter_attachments()
    assert book == attachment.get_content()


def test_the_file_is_named_after_its_day() -> None:
    """The attachment is a workbook, named after the Pacific day of the data and nothing else."""
    (attachment,) = read(composed()).iter_attachments()
    assert "Book-of-Business-2026-11-20.xlsx" == attachment.get_filename()
    assert (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" == attachment.get_content_type()
    )


def test_nothing_else_of_the_export_is_told() -> None:
    """A mail names no agent, licence, agency or purpose, counts no consumers, and has no digest."""
    export = an_export(rows=48_613, withheld=7_219)
    mail = re.sub(rb"[A-Za-z0-9+/=\r\n]{76,}", b"", composed(export))
    hidden = [
        AGENT,
        export.requester,
        export.purpose,
        "48613",
        "7219",
        export.snapshot_digest or "",
        "withheld",
    ]
    assert [] == [word for word in hidden if word.encode() in mail]


def test_each_try_is_the_same_mail() -> None:
    """A mail that was composed again has the Message-ID of the first; a rebuilt book has another."""
    ids = [
        read(mail)["Message-ID"]
        for mail in (
            composed(),
            composed(an_export(tries=3, fencing=5), at="2026-11-22T18:00:00.000000Z"),
            composed(an_export(built_fencing=2)),
        )
    ]
    assert ids[0] == ids[1] == f"<{about_book(an_export())}@{ORIGIN.partition('/')[0]}>"
    assert ids[0] != ids[2]


def test_a_long_message_id_stays_in_one_piece() -> None:
    """An installation with a long name has an identifier that readers can compare."""
    origin = f"sealedbook.live.{'department-of-health.' * 3}example/0123456789abcdef"
    mail = composed(an_export(built_fencing=12), origin=origin)
    assert f"<{EXPORT}.12@{origin.partition('/')[0]}>".encode() in mail


@pytest.mark.parametrize("field", ["sender", "recipient"])
def test_an_address_brings_no_header_along(field: str) -> None:
    """A line break in an address is an error, not another header."""
    with pytest.raises(ValueError, match="linefeed or carriage return"):
        composed(an_export(), BOOK, **{field: f"{RECIPIENT}\r\nBcc: other@elsewhere.example"})
