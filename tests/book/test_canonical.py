"""The same value, however a program wrote it down, is the same text."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from book.canonical import read_texts, typed_texts
from policies.columns import ColumnType
from tests.book.test_cells import NASTY

DAY = datetime(2026, 3, 9)  # noqa: DTZ001  Excel knows no time zones
SAME: dict[str, tuple[ColumnType, str, list[Any]]] = {
    "a date": (
        ColumnType.DATE,
        "2026-03-09",
        [DAY, DAY.date(), "2026-03-09", "3/9/2026", "03/09/26", "2026-03-09 00:00:00", "46090", 46090],
    ),
    "money": (ColumnType.MONEY, "1234.50", [1234.5, "1234.5", "$1,234.50", " 1234.500 ", Decimal("1234.5")]),
    "a whole number": (ColumnType.INT, "12", [12, 12.0, "12", "12.0", "0012"]),
    "a boolean": (ColumnType.BOOL, "true", [True, "TRUE", "true", "Yes", 1]),
    "an id": (ColumnType.TEXT, "861100001", ["0861100001", 861100001, 861100001.0, '="0861100001"']),
    "a name": (ColumnType.TEXT, "zoë de la cruz", ["Zoë  de la Cruz", " zoe\u0308 DE\tLA\r\nCRUZ"]),
    "a blank": (ColumnType.DATE, "", [None, ""]),
}
ARROW = {
    ColumnType.DATE: pa.date32(),
    ColumnType.MONEY: pa.decimal128(9, 2),
    ColumnType.INT: pa.int32(),
    ColumnType.TEXT: pa.string(),
}


@pytest.mark.parametrize("what", SAME)
def test_one_value_is_one_text(what: str) -> None:
    """In every form in which a saved copy may show it."""
    kind, text, forms = SAME[what]

    assert [text] * len(forms) == read_texts(kind, forms).to_pylist()


@pytest.mark.parametrize("kind", [kind for kind in ColumnType if kind is not ColumnType.DATETIME])
def test_what_is_not_of_the_columns_type_is_taken_as_text(kind: ColumnType) -> None:
    """Nothing raises, whatever stands in a cell."""
    odd = ["31/31/2026", "soon", "1e999999999", "NaN", "99999999999", "\ud800", float("inf"), "2026-02-30"]

    assert len(odd) == len(read_texts(kind, odd).to_pylist())


@given(
    days=st.lists(st.dates(min_value=date(1900, 3, 1))),
    money=st.lists(st.decimals(0, 999_999, places=2)),
    numbers=st.lists(st.integers(0, 2**31 - 1)),
    texts=st.lists(NASTY),
)
def test_a_table_and_a_reader_agree(
    days: list[date], money: list[Decimal], numbers: list[int], texts: list[str]
) -> None:
    """Typed values, and what a reader of the workbook hands out for them, are the same texts."""
    for kind, values, read in (
        (ColumnType.DATE, days, days),
        (ColumnType.MONEY, money, [float(one) for one in money]),
        (ColumnType.INT, numbers, [str(one) for one in numbers]),
    ):
        typed = typed_texts(kind, pa.chunked_array([pa.array(values, ARROW[kind])])).to_pylist()
        assert typed == read_texts(kind, read).to_pylist()
    plain = [text for text in texts if not text.startswith('="') and ".0" not in text]
    typed = typed_texts(ColumnType.TEXT, pa.chunked_array([pa.array(plain, pa.string())])).to_pylist()
    assert typed == read_texts(ColumnType.TEXT, plain).to_pylist()
