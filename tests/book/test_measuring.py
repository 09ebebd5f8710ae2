"""Filled cells and longest texts: what the kernel finds is what Arrow finds."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from book.measuring import SAMPLE_ROWS, Measures, all_filled, measure
from book.native.kernel import Kernel, UnwritableError

TEXTS = st.lists(st.none() | st.text(max_size=6), min_size=0, max_size=20)


@settings(deadline=None)
@given(texts=TEXTS, start=st.integers(0, 9), pieces=st.integers(1, 3))
def test_both_ways_measure_texts_alike(
    kernel: Kernel, texts: list[str | None], start: int, pieces: int
) -> None:
    """Any texts, in any chunks, from any row on."""
    data = pa.table({"x": pa.chunked_array([pa.array(texts, pa.string())] * pieces)}).slice(start)

    assert measure(data, None) == measure(data, kernel)


def test_every_type_of_a_book_is_counted(kernel: Kernel) -> None:
    """A null is blank in each, an empty text as well; only texts have a length."""
    data = pa.table(
        {
            "text": pa.array(["Zo\u00eb", "", None]),
            "date": pa.array([date(2026, 1, 1), None, None], pa.date32()),
            "moment": pa.array([None, datetime(2026, 1, 1, tzinfo=UTC), None], pa.timestamp("us", tz="UTC")),
            "money": pa.array([Decimal("1.00"), Decimal("2.00"), None], pa.decimal128(9, 2)),
            "int": pa.array([1, 2, 3], pa.int32()),
            "bool": pa.array([None, False, None]),
        }
    )
    expected = Measures(filled=(1, 1, 1, 2, 3, 1), longest=(3, 0, 0, 0, 0, 0))

    assert expected == measure(data, kernel)
    assert expected == measure(data, None)
    assert [2, 2, 2, 4, 6, 2] == all_filled([expected, expected])


def test_only_the_first_rows_make_a_width(kernel: Kernel) -> None:
    """A long text far below does not widen its column, whatever chunks the rows come in."""
    short, long = pa.array(["x"] * (SAMPLE_ROWS - 1)), pa.array(["yy", "zzz"])
    data = pa.table({"x": pa.chunked_array([short, long])})

    assert (2,) == measure(data, kernel).longest
    assert (2,) == measure(data, None).longest


def test_a_type_without_a_cell_is_measured_in_python(kernel: Kernel) -> None:
    """The kernel hands it back; the writer of rows is who refuses it, by name."""
    data = pa.table({"x": pa.array([1.5, None])})

    with pytest.raises(UnwritableError):
        kernel.measure(data.to_batches()[0], 1)
    assert Measures(filled=(1,), longest=(0,)) == measure(data, kernel)
