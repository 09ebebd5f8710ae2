"""One book, the whole way: written, sealed, re-opened, and opened by somebody else's code."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

import pytest

from book.errors import BookError, SealBrokenError
from book.notice import Party
from book.readback import check_workbook
from book.reopen import reopen
from book.seal import seal, seal_book
from book.workbook import write_workbook
from tests.book.makers import AGENT, EXPORT, a_minted_key, a_notice, a_row, a_table, the_catalogue
from tests.book.readers import decrypt_with_msoffcrypto, load, sheet, values


def test_a_sealed_book_opens_for_its_reader_and_for_an_independent_one() -> None:
    """Both readers get the same workbook, and openpyxl reads the consumer's name in it."""
    table = a_table([a_row(), a_row(first_name="Zoë")])
    book = seal_book(table, a_notice(table), the_catalogue(), a_minted_key())
    passphrase = a_minted_key().passphrase

    clear = decrypt_with_msoffcrypto(book.data, passphrase)

    assert clear == reopen(book.data, passphrase)
    assert "Zoë" in values(sheet(load(clear), "Book of Business"))[2]


def test_a_sealed_book_says_what_was_read_out_of_it() -> None:
    """Export, agent, recipient, rows and digest are the book's own."""
    table = a_table([a_row(), a_row(), a_row()])
    notice = a_notice(table, recipient=Party(name="Mara Holt", license_number="0M00001"))
    book = seal_book(table, notice, the_catalogue(), a_minted_key())

    assert (book.export, book.agent, book.recipient, book.rows) == (EXPORT, AGENT, "0M00001", 3)
    assert hashlib.sha256(book.data).hexdigest() == book.sha256


def test_nothing_clear_is_in_a_sealed_book_or_its_repr() -> None:
    """Neither the consumer's name nor the agent's stands in the bytes, in any encoding of ours."""
    name = "Wilhelmina Featherstonehaugh"
    table = a_table([a_row(last_name=name)])
    book = seal_book(table, a_notice(table), the_catalogue(), a_minted_key())

    for words in (name, "Tina Ward", EXPORT, "xl/worksheets"):
        assert words.encode() not in book.data
        assert words.encode("utf-16-le") not in book.data
    assert "data=" not in repr(book)


def test_a_book_that_can_not_be_written_is_not_sealed() -> None:
    """A notice of another count stops the book before encryption."""
    table = a_table()

    with pytest.raises(BookError, match="count"):
        seal_book(table, a_notice(table, rows=9), the_catalogue(), a_minted_key())


def test_a_mixed_up_seal_is_not_the_book() -> None:
    """Bytes sealed from another table fail the read-back."""
    table, other = a_table(), a_table([a_row(), a_row()])
    clear = write_workbook(other, a_notice(other), the_catalogue())
    opened = reopen(seal(clear, a_minted_key()), a_minted_key().passphrase)

    with pytest.raises(SealBrokenError):
        check_workbook(opened, table, a_notice(table))


def test_no_temporary_file_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole way from rows to sealed bytes leaves the temporary folder empty."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    table = a_table()

    seal_book(table, a_notice(table), the_catalogue(), a_minted_key())

    assert tempfile.gettempdir() == str(tmp_path)
    assert not list(tmp_path.iterdir())
