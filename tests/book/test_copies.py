"""A copy is read for what it holds, within bounds, and says why where it can't be."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import book.copies
from book.copies import read_copy
from book.errors import CopyError
from book.seal import seal
from book.workbook import write_workbook
from tests.book.copying import PRINTER, Rows, as_csv, as_workbook, rows_of, shuffled
from tests.book.makers import EXPORT, a_minted_key, a_notice, a_table, the_catalogue
from tests.book.test_workbook import _extract_rows

TABLE = a_table(_extract_rows())
CLEAR = write_workbook(TABLE, a_notice(TABLE), the_catalogue())
ROWS = rows_of(CLEAR)
PRINTS = PRINTER.of_table(TABLE)
SAVED: dict[str, Callable[[Rows], bytes]] = {
    "comma": as_csv,
    "semicolon": lambda rows: as_csv(rows, ";"),
    "tab, UTF-16": lambda rows: as_csv(rows, "\t", "utf-16"),
    "with a byte order mark": lambda rows: as_csv(rows, encoding="utf-8-sig"),
    "another workbook": as_workbook,
    "another workbook with a title": lambda rows: as_workbook(rows, above=4),
    "shuffled": lambda rows: as_csv(shuffled(rows)),
}


def test_the_book_itself_is_read_whole() -> None:
    """All of its fingerprints, and what it says of itself."""
    copy = read_copy(CLEAR, PRINTER)

    assert copy.prints == PRINTS
    assert (copy.claimed_exports, copy.claimed_days) == ((EXPORT,), ("2026-11-20",))
    assert set(TABLE.data.column_names) == set(copy.columns)


def test_rows_that_go_on_over_sheets_are_read() -> None:
    """All sheets with a header are one copy."""
    split = write_workbook(TABLE, a_notice(TABLE), the_catalogue(), sheet_rows=50)

    assert read_copy(split, PRINTER).prints == PRINTS


@pytest.mark.parametrize("how", SAVED)
def test_a_copy_saved_again_has_the_same_fingerprints(how: str) -> None:
    """Dates in another form, booleans in capitals, numbers as text: what a row says stays the same."""
    copy = read_copy(SAVED[how](ROWS), PRINTER)

    assert copy.prints == PRINTS
    assert copy.claimed_exports == ()
    assert copy.claimed_days == ("2026-11-20",)


def _package(**sizes: int) -> bytes:
    """Return a package with parts of zeros, deflated well."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, size in sizes.items():
            package.writestr(name, bytes(size))
    return out.getvalue()


def _claiming(data: bytes, name: bytes, size: int) -> bytes:
    """Return a package whose directory claims another size for a part."""
    at = data.rindex(name) - 46
    return data[: at + 24] + size.to_bytes(4, "little") + data[at + 28 :]


REFUSED: dict[str, tuple[bytes, str]] = {
    "a sealed book": (seal(CLEAR, a_minted_key()), "passphrase"),
    "a text without headers": (b"just some words\nand more\n", "headers"),
    "nothing": (b"", "headers"),
    "noise": (bytes(range(256)) * 4, "neither"),
    "a line that never ends": (b'case number,last name\n"' + b"x" * 200_000, "neither"),
    "a zip that is no workbook": (_package(a=10), "damaged"),
    "a workbook cut short": (CLEAR[: len(CLEAR) // 2], "damaged"),
    "a sheet that claims four gigabytes": (
        _claiming(CLEAR, b"xl/worksheets/sheet1.xml", 2**32 - 2),
        "claims",
    ),
    "shared texts of a gigabyte": (_claiming(CLEAR, b"xl/styles.xml", 2**30), "claims"),
    "parts without number": (_package(**{f"p{number}": 0 for number in range(2_100)}), "claims"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_copy_says_why(what: str) -> None:
    """A message that a person can act on, and no value of the file in it."""
    data, words = REFUSED[what]

    with pytest.raises(CopyError, match=words):
        read_copy(data, PRINTER)


def test_a_file_beyond_the_limits_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its bytes and its rows are bounded; both limits are lowered here."""
    monkeypatch.setattr(book.copies, "MAX_ROWS", 100)
    with pytest.raises(CopyError, match="more than 100 rows"):
        read_copy(as_csv(ROWS), PRINTER)
    monkeypatch.setattr(book.copies, "MAX_FILE_BYTES", 1000)
    with pytest.raises(CopyError, match="larger"):
        read_copy(CLEAR, PRINTER)


def _far_row(data: bytes) -> bytes:
    """Return the book with its last row a billion rows below."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            part = old.read(name).replace(b'<row r="209">', b'<row r="1000000000">')
            new.writestr(name, part)
    return out.getvalue()


def test_a_row_far_below_costs_no_endless_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that fills gaps with blank rows would fill a billion."""
    monkeypatch.setattr(book.copies, "MAX_ROWS", 10_000)

    with pytest.raises(CopyError, match="rows"):
        read_copy(_far_row(CLEAR), PRINTER)


@settings(max_examples=60, deadline=None)
@given(
    changes=st.lists(st.tuples(st.integers(0, len(CLEAR) - 1), st.integers(0, 255)), min_size=1, max_size=6)
)
def test_a_damaged_workbook_is_read_or_refused(changes: list[tuple[int, int]]) -> None:
    """Whatever bytes change, either rows come out or a CopyError."""
    data = bytearray(CLEAR)
    for at, value in changes:
        data[at] = value
    try:
        copy = read_copy(bytes(data), PRINTER)
    except CopyError:
        return

    assert copy.prints.rows <= PRINTS.rows
