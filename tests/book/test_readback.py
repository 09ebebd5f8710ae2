"""The read-back finds what stands in the workbook, and a workbook of another table fails it."""

from __future__ import annotations

import dataclasses
import io
import zipfile

import pyarrow as pa
import pytest

from book.errors import SealBrokenError
from book.notice import Party
from book.readback import Readback, check_workbook
from book.workbook import write_workbook
from tests.book.makers import AGENT, EXPORT, a_notice, a_row, a_table, the_catalogue
from tests.book.readers import parts

TABLE = a_table([a_row(last_name="Ortiz _x0041_\r\n"), a_row()])
NOTICE = a_notice(TABLE, recipient=Party(name=" Zoë <&>_x000D_ ", license_number="0M00001"))
CLEAR = write_workbook(TABLE, NOTICE, the_catalogue())


def _with_part(name: str, before: bytes, after: bytes) -> bytes:
    """Return the workbook with one part's bytes exchanged."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for part, data in parts(CLEAR).items():
            assert part != name or before in data
            archive.writestr(part, data.replace(before, after) if part == name else data)
    return out.getvalue()


def test_it_reads_what_the_book_says() -> None:
    """Export, licences and rows come out of the workbook's own bytes."""
    expected = Readback(export=EXPORT, agent=AGENT, recipient="0M00001", rows=2)

    assert expected == check_workbook(CLEAR, TABLE, NOTICE)


def test_rows_are_counted_over_all_sheets_and_pieces() -> None:
    """Counts hold across sheets and across the pieces in which a sheet is read."""
    table = a_table([a_row()] * 3000)
    notice = a_notice(table)
    clear = write_workbook(table, notice, the_catalogue(), sheet_rows=2000)

    assert check_workbook(clear, table, notice, sheet_rows=2000).rows == 3000


def test_a_lost_row_is_found() -> None:
    """A sheet with a row less than the table fails."""
    broken = _with_part("xl/worksheets/sheet1.xml", b'<row r="3"', b'<raw r="3"')

    with pytest.raises(SealBrokenError, match="rows"):
        check_workbook(broken, TABLE, NOTICE)


@pytest.mark.parametrize("before", [EXPORT.encode(), AGENT.encode(), b"0M00001", b"Rows"])
def test_a_notice_that_says_otherwise_is_found(before: bytes) -> None:
    """Export, licences and names of facts must be those that were asked for."""
    broken = _with_part("xl/worksheets/sheet3.xml", before, b"something else")

    with pytest.raises(SealBrokenError, match="Notice"):
        check_workbook(broken, TABLE, NOTICE)


def test_other_sheets_are_found() -> None:
    """A workbook with other sheets is not the book."""
    broken = _with_part("xl/workbook.xml", b"Description", b"Else")

    with pytest.raises(SealBrokenError, match="sheets"):
        check_workbook(broken, TABLE, NOTICE)


def test_a_row_of_another_agent_is_found() -> None:
    """Each row's licence is the table's agent's, or the book does not count."""
    place = TABLE.data.column_names.index("agent_license_number")
    data = TABLE.data.set_column(place, "agent_license_number", pa.array([AGENT, "0G96486"]))
    table = dataclasses.replace(TABLE, data=data)

    with pytest.raises(SealBrokenError, match="another agent"):
        check_workbook(CLEAR, table, NOTICE)


def test_bytes_that_are_no_workbook_are_broken() -> None:
    """Noise and foreign archives end in SealBrokenError."""
    foreign = io.BytesIO()
    with zipfile.ZipFile(foreign, "w") as archive:
        archive.writestr("a", "b")

    for clear in (b"noise", foreign.getvalue(), _with_part("xl/workbook.xml", b"</workbook>", b"")):
        with pytest.raises(SealBrokenError):
            check_workbook(clear, TABLE, NOTICE)
