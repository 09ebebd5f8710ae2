"""Two writers, one meaning: kernel and Python write the same bytes, and two readers read the same cells."""

from __future__ import annotations

import io
import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from book.errors import BookError
from book.native.kernel import Kernel, UnwritableError
from book.rows import write_rows
from book.workbook import write_workbook
from policies.arrow_types import ARROW_TYPE_OF
from policies.columns import Column, ColumnType
from tests.book.makers import a_notice, a_row, a_table, the_catalogue
from tests.book.readers import load, parts, sheet, values
from tests.book.test_cells import NASTY

TYPES = tuple(ColumnType(kind) for kind in ColumnType)
VALUES: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.string(): NASTY,
    pa.date32(): st.dates(),
    pa.timestamp("us", tz="UTC"): st.datetimes(
        min_value=datetime(1, 1, 3),  # noqa: DTZ001 - made aware by the strategy
        max_value=datetime(9999, 12, 30),  # noqa: DTZ001 - likewise
        timezones=st.just(UTC),
    ),
    pa.decimal128(9, 2): st.decimals(-9_999_999, 9_999_999, places=2),
    pa.int32(): st.integers(-(2**31), 2**31 - 1),
    pa.bool_(): st.booleans(),
}
ALPHABET = "ab_x0041F\r\n\t\x00\x01\x1f\x7f\ufffe\uffff=+-@'\"&<>; \u05d0\U0001f600é"
FUZZED_CELLS = 1_000_000


def _columns(count: int) -> tuple[Column, ...]:
    return tuple(the_catalogue().columns[:count])


def _both(data: pa.Table, kernel: Kernel, first_row: int = 2) -> tuple[bytes, bytes]:
    """Return what the two writers make of the same data."""
    columns = _columns(data.num_columns)
    named = data.rename_columns([column.name for column in columns])
    by_kernel, by_python = (
        b"".join(map(bytes, write_rows(columns, named, first_row=first_row, kernel=writer)))
        for writer in (kernel, None)
    )
    return by_kernel, by_python


def _calamines(value: Any) -> str:
    """Return what calamine read: it undoes the format's escapes, but for XML's two noncharacters."""
    return str(value).replace("_xFFFE_", "\ufffe").replace("_xFFFF_", "\uffff")


@st.composite
def _tables(draw: st.DrawFn) -> pa.Table:
    kinds = draw(st.lists(st.sampled_from(list(VALUES)), min_size=1, max_size=30))
    rows = draw(st.integers(0, 6))
    arrays = [
        pa.array(draw(st.lists(st.none() | VALUES[kind], min_size=rows, max_size=rows)), kind)
        for kind in kinds
    ]
    return pa.table(arrays, names=[str(place) for place in range(len(kinds))])


@settings(deadline=None, max_examples=150)
@given(data=_tables(), start=st.integers(0, 3), first_row=st.integers(1, 1_048_576))
def test_both_writers_write_the_same_bytes(
    kernel: Kernel, data: pa.Table, start: int, first_row: int
) -> None:
    """Any table of any types, whole or from some row on, at any row of the sheet."""
    by_kernel, by_python = _both(data.slice(start), kernel, first_row)

    assert by_python == by_kernel


def test_chunks_of_columns_need_not_agree(kernel: Kernel) -> None:
    """Columns that come in pieces of different lengths are rows all the same."""
    left = pa.chunked_array([["a", None], ["b"], ["c", "d", "e"]])
    right = pa.chunked_array([[1], [2, None, 4, 5], [6]], pa.int32())

    by_kernel, by_python = _both(pa.table({"left": left, "right": right}), kernel)

    assert by_python == by_kernel
    assert by_kernel.count(b"<row ") == 6


@pytest.mark.parametrize("text", ["x" * 32_767, "\x01" * 32_767, "😀" * 16_383, "é" * 32_767])
def test_a_row_larger_than_any_piece_is_written_whole(kernel: Kernel, text: str) -> None:
    """Thirty cells of the greatest length make a row that outgrows the writer's buffer."""
    data = pa.table({str(place): [text, None, text] for place in range(30)})

    by_kernel, by_python = _both(data, kernel)

    assert by_python == by_kernel


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (pa.array(["a", "x" * 32_768]), "longer than a cell's"),
        (pa.array(["a", "😀" * 16_384]), "longer than a cell's"),
        (pa.array([b"a", b"\xed\xa0\x80"]).view(pa.string()), "not UTF-8"),
        (pa.array([b"a", b"\xc0\x80"]).view(pa.string()), "not UTF-8"),
        (pa.array([b"a", b"caf\xe9"]).view(pa.string()), "not UTF-8"),
        (pa.array([0, 3_000_000], pa.int32()).cast(pa.date32()), "outside the years"),
        (pa.array([0, -800_000], pa.int32()).cast(pa.date32()), "outside the years"),
        (pa.array([0, 2**62], pa.int64()).cast(pa.timestamp("us", tz="UTC")), "outside the years"),
    ],
)
def test_what_can_not_be_written_says_where(kernel: Kernel, array: pa.Array, words: str) -> None:
    """With the kernel the error is Python's: row and column, never the value."""
    columns = _columns(1)
    data = pa.table({columns[0].name: array})

    for writer in (kernel, None):
        with pytest.raises(BookError, match=f"^row 3, column snapshot_as_of: .*{words}"):
            list(write_rows(columns, data, first_row=2, kernel=writer))


def test_a_type_without_a_cell_is_handed_back(kernel: Kernel) -> None:
    """The kernel reads only the types that it knows."""
    with pytest.raises(UnwritableError):
        list(kernel.rows(pa.record_batch({"x": pa.array([1.5])}), 2))


def test_the_kernel_knows_every_type_of_the_catalogue(kernel: Kernel) -> None:
    """No catalogue's column makes a book slower than another."""
    assert set(ARROW_TYPE_OF.values()) == set(VALUES)
    assert {ARROW_TYPE_OF[kind] for kind in TYPES} == set(VALUES)
    assert kernel.width in {1, 4, 16}


@pytest.mark.usefixtures("kernel")
def test_whole_books_are_the_same_and_read_the_same() -> None:
    """Byte by byte for the writers; cell by cell for openpyxl and calamine, the third and fourth voice."""
    rng = random.Random(14)
    rows = [
        a_row(
            last_name="".join(rng.choices(ALPHABET, k=rng.randrange(1, 12))),
            home_address="".join(rng.choices(ALPHABET, k=rng.randrange(1, 40))),
            date_of_birth=date(1900, 3, 1) + timedelta(days=rng.randrange(40_000)),
            gross_premium=Decimal(rng.randrange(99_999_999)) / 100,
        )
        for _ in range(200)
    ]
    table = a_table(rows)
    clear = write_workbook(table, a_notice(table), the_catalogue())

    assert parts(write_workbook(table, a_notice(table), the_catalogue(), pure=True)) == parts(clear)
    places = [table.data.column_names.index(name) for name in ("last_name", "home_address")]
    third = values(sheet(load(clear), "Book of Business"))[1:]
    fourth = (
        CalamineWorkbook.from_filelike(io.BytesIO(clear)).get_sheet_by_name("Book of Business").to_python()
    )
    for row, by_openpyxl, by_calamine in zip(rows, third, fourth[1:], strict=True):
        expected = [row["last_name"], row["home_address"]]
        assert expected == [by_openpyxl[place] for place in places]
        assert expected == [_calamines(by_calamine[place]) for place in places]


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.usefixtures("kernel")
def test_a_million_random_cells_show_no_difference() -> None:
    """A fuzz of one million random cells through both writers and two readers finds no difference."""
    rng = random.Random(2026)
    names = [column.name for column in the_catalogue().columns if column.type is ColumnType.TEXT]
    names = [name for name in names if name != "agent_license_number"]
    done = 0
    while done < FUZZED_CELLS:
        rows = [
            a_row(**{name: "".join(rng.choices(ALPHABET, k=rng.randrange(1, 25))) for name in names})
            for _ in range(1000)
        ]
        table = a_table(rows)
        clear = write_workbook(table, a_notice(table), the_catalogue())
        assert parts(write_workbook(table, a_notice(table), the_catalogue(), pure=True)) == parts(clear)
        places = [table.data.column_names.index(name) for name in names]
        third = values(sheet(load(clear), "Book of Business"))[1:]
        book = CalamineWorkbook.from_filelike(io.BytesIO(clear))
        fourth = book.get_sheet_by_name("Book of Business").to_python()[1:]
        for row, by_openpyxl, by_calamine in zip(rows, third, fourth, strict=True):
            expected = [row[name] for name in names]
            assert expected == [by_openpyxl[place] for place in places]
            assert expected == [_calamines(by_calamine[place]) for place in places]
        done += len(rows) * len(names)
