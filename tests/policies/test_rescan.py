"""What may never leave is found again in the rows themselves, before they are sealed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.columns import Catalogue, ColumnType
from policies.never import shipped_list
from policies.rescan import NeverFound, find_in_table
from policies.table import permit_table
from tests.policies.factories import a_grant, a_row, some_rows

CATALOGUE = Catalogue.load()
FREE = next(column.name for column in CATALOGUE.columns if column.free_text)
TEXT = [column.name for column in CATALOGUE.columns if column.type is ColumnType.TEXT]
OWN = {"agent_license_number", "delegation_status"}


def found_in(*rows: dict[str, Any]) -> NeverFound | None:
    """Return what stands in rows that may never leave."""
    return find_in_table(permit_table(a_grant(), some_rows(CATALOGUE, *rows), CATALOGUE), shipped_list())


def test_rows_in_order_hold_nothing() -> None:
    """An ordinary row passes."""
    assert found_in(a_row(CATALOGUE)) is None


@pytest.mark.parametrize("name", [name for name in TEXT if name not in OWN])
def test_a_number_of_the_social_security_is_found_in_every_text_column(name: str) -> None:
    """No text column is left out of the last look, and the answer holds no part of the value."""
    found = found_in(a_row(CATALOGUE), a_row(CATALOGUE, **{name: "see 123-45-6789"}))
    assert NeverFound(column=name, code="ssn") == found
    assert "123" not in repr(found)


@pytest.mark.parametrize(("value", "code"), [("4111 1111 1111 1111", "card"), ("90000000A", "cin")])
def test_the_other_patterns_are_found_in_free_text(value: str, code: str) -> None:
    """Cards and client index numbers are found where people write."""
    assert NeverFound(column=FREE, code=code) == found_in(a_row(CATALOGUE, **{FREE: value}))


@given(st.text(max_size=30), st.text(max_size=30), st.integers(0, 3))
def test_what_stands_around_it_hides_nothing(before: str, after: str, row: int) -> None:
    """A number between spaces is found whatever stands around it, in whichever row."""
    rows = [a_row(CATALOGUE) for _ in range(4)]
    rows[row][FREE] = f"{before} 123-45-6789 {after}"
    found = found_in(*rows)
    assert found is not None
    assert FREE == found.column
