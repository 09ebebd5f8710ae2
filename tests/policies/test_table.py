"""Rows leave under a Grant only: every row checked, every column treated, nothing said in an error."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.actions import Action
from policies.arrow_types import rows_schema
from policies.columns import Catalogue, columns_digest
from policies.grant import Grant
from policies.table import PermittedTable, PermittedTableError, permit_table
from tests.policies.factories import ANOTHER_LICENCE, LICENCE, a_grant, a_row, some_rows

CATALOGUE = Catalogue.load()
ALL_NAMES = tuple(column.name for column in CATALOGUE.columns)
MEDI_CAL = tuple(column.name for column in CATALOGUE.columns if column.group == "Medi-Cal")


def a_manager_grant(**changes: Any) -> Grant:
    """Return a permit to build the book of an agent of the manager's agency."""
    oversight: dict[str, Any] = {
        "profile": "manager",
        "purpose": "agency-oversight",
        "columns": CATALOGUE.names("manager"),
    }
    return a_grant(**(oversight | changes))


def permitted(grant: Grant, *rows: dict[str, Any], **options: Any) -> PermittedTable:
    """Return what the grant shows of some rows."""
    return permit_table(grant, some_rows(CATALOGUE, *rows), CATALOGUE, **options)


def test_an_agent_gets_every_column_as_it_is() -> None:
    """Under the agent's own profile the rows come through whole, without the pseudonyms."""
    row = a_row(CATALOGUE, home_zip="01234", middle_name=None, last_name=" Ramos ")
    table = permitted(a_grant(), row)
    shown = {name: value for name, value in row.items() if not name.startswith("_")}
    assert [shown] == table.data.to_pylist()
    assert CATALOGUE.columns == table.columns
    assert ALL_NAMES == tuple(table.data.column_names)
    assert (table.agent, table.withheld, table.blanked) == (LICENCE, 0, ())
    assert columns_digest(ALL_NAMES, "agent") == table.columns_digest


def test_the_types_are_the_catalogues() -> None:
    """Dates stay dates, money stays decimal, ids stay text."""
    table = permitted(a_grant(), a_row(CATALOGUE))
    expected = [rows_schema(CATALOGUE).field(name).type for name in ALL_NAMES]
    assert expected == table.data.schema.types


def test_columns_stand_in_the_catalogues_order() -> None:
    """Whatever order the grant and the rows have, the catalogue's order is the book's."""
    rows = some_rows(CATALOGUE, a_row(CATALOGUE))
    turned = rows.select(list(reversed(rows.column_names)))
    table = permit_table(a_grant(columns=ALL_NAMES[::-1]), turned, CATALOGUE)
    assert ALL_NAMES == tuple(table.data.column_names)


def test_a_column_that_the_grant_does_not_name_is_dropped() -> None:
    """Fewer granted columns are fewer columns shown, and another digest."""
    table = permitted(a_grant(columns=("last_name", "case_number")), a_row(CATALOGUE))
    assert table.data.column_names == ["case_number", "last_name"]
    assert columns_digest(("case_number", "last_name"), "agent") == table.columns_digest


def test_a_manager_gets_masked_consumers_and_no_money() -> None:
    """The manager's profile masks identifiers, leaves money out and blanks Medi-Cal data."""
    row = a_row(
        CATALOGUE,
        first_name="April",
        phone_primary="(295) 555-0191",
        email="april@mail.example",
        home_address="617 Nichols Station",
        date_of_birth=date(1953, 12, 29),
        net_premium=Decimal("59.08"),
    )
    table = permitted(a_manager_grant(), row, row | {"first_name": None, "email": ""})
    first, second = table.data.to_pylist()
    expected = {
        "first_name": "A.",
        "phone_primary": "***-0191",
        "email": "a*@*.example",
        "home_address": "***",
        "date_of_birth": date(1953, 1, 1),
        "case_number": row["case_number"],
        "consumer_id": row["consumer_id"],
        "home_city": row["home_city"],
    }
    assert expected == {name: first[name] for name in expected}
    assert (second["first_name"], second["email"]) == (None, "")
    assert "net_premium" not in first
    assert table.blanked == MEDI_CAL
    assert all(first[name] is None for name in MEDI_CAL)


def test_a_purpose_that_covers_medi_cal_blanks_nothing() -> None:
    """The agent's own work covers all three kinds as delegated."""
    (row,) = permitted(a_grant(), a_row(CATALOGUE)).data.to_pylist()
    assert all(row[name] is not None for name in MEDI_CAL)


@pytest.mark.parametrize("purpose", ["audit", "anything", None])
def test_an_unknown_purpose_covers_no_medi_cal_data(purpose: str | None) -> None:
    """Only a purpose that the catalogue names as covering fills the Medi-Cal columns."""
    table = permitted(a_grant(purpose=purpose), a_row(CATALOGUE))
    assert table.blanked == MEDI_CAL


def test_confidential_communications_mask_the_contact_in_every_profile() -> None:
    """A flagged consumer's contact columns are masked, the other consumer's are not."""
    flagged = a_row(CATALOGUE, _consumer="2026:aa", home_city="Palm Desert", last_name="Ramos")
    other = flagged | {"_consumer": "2026:bb"}
    table = permitted(a_grant(), flagged, other, confidential={"2026:aa"})
    first, second = table.data.to_pylist()
    contact = [column.name for column in CATALOGUE.columns if column.group == "Contact"]
    assert [name for name in contact if first[name] == second[name]] == []
    assert (first["last_name"], first["home_city"]) == ("Ramos", None)
    assert second["home_city"] == "Palm Desert"


def test_the_list_page_shows_its_own_columns() -> None:
    """Under ViewConsumers the list's profile is cut the same way."""
    grant = a_grant(
        action=Action.VIEW_CONSUMERS, profile="list", columns=CATALOGUE.names("list"), purpose=None
    )
    keep = [*CATALOGUE.names("list"), "agent_license_number", "delegation_status", "_consumer"]
    rows = some_rows(CATALOGUE, a_row(CATALOGUE)).select(keep)
    table = permit_table(grant, rows, CATALOGUE)
    assert CATALOGUE.names("list") == tuple(table.data.column_names)
    assert table.blanked == ()


def test_pseudonyms_are_distinct_and_sorted() -> None:
    """A consumer with two coverages counts once."""
    rows = [a_row(CATALOGUE, _consumer=f"2026:{name}") for name in ("cc", "aa", "cc", "bb")]
    table = permitted(a_grant(), *rows)
    assert table.pseudonyms == ("2026:aa", "2026:bb", "2026:cc")
    assert table.data.num_rows == 4
    assert table.withheld == 0


def test_who_ended_the_delegation_is_withheld_with_every_row_and_counted_once() -> None:
    """A consumer with two coverages is one withheld; pseudonyms that no row has count for nothing."""
    rows = [a_row(CATALOGUE, _consumer=f"2026:{name}") for name in ("cc", "aa", "cc", "bb")]
    table = permitted(a_grant(), *rows, ended=("2026:cc", "2026:dd"))
    assert table.pseudonyms == ("2026:aa", "2026:bb")
    assert table.data.num_rows == 2
    assert table.withheld == 1


def test_rows_in_many_chunks_are_one_table() -> None:
    """Rows that were read in pieces come out as if read at once."""
    rows = [a_row(CATALOGUE, _consumer=f"2026:{n}", first_name=f"Name{n}") for n in range(5)]
    whole = some_rows(CATALOGUE, *rows)
    pieces = pa.concat_tables([whole.slice(0, 2), whole.slice(2, 1), whole.slice(3)])
    for grant in (a_grant(), a_manager_grant()):
        expected = permit_table(grant, whole, CATALOGUE, confidential={"2026:1"})
        found = permit_table(grant, pieces, CATALOGUE, confidential={"2026:1"})
        assert expected.data.to_pylist() == found.data.to_pylist()


def test_no_rows_are_an_empty_table() -> None:
    """A table without rows keeps its columns and their types."""
    table = permitted(a_manager_grant())
    assert (table.data.num_rows, table.pseudonyms) == (0, ())
    assert CATALOGUE.names("manager") == tuple(table.data.column_names)


@settings(max_examples=25)
@given(
    st.lists(st.sampled_from([LICENCE, ANOTHER_LICENCE]), min_size=1, max_size=6),
    st.lists(st.sampled_from(["active", "ended", "pending"]), min_size=1, max_size=6),
)
def test_one_row_of_another_agent_or_an_ended_delegation_refuses_all(
    agents: list[str], statuses: list[str]
) -> None:
    """The table is shown if every row is the agent's and active, else nothing is."""
    pairs = list(zip(agents, statuses, strict=False))
    rows = [a_row(CATALOGUE, agent_license_number=agent, delegation_status=status) for agent, status in pairs]
    if all(pair == (LICENCE, "active") for pair in pairs):
        assert len(pairs) == permitted(a_grant(), *rows).data.num_rows
    else:
        with pytest.raises(PermittedTableError):
            permitted(a_grant(), *rows)


def test_nobody_else_makes_a_permitted_table() -> None:
    """The only call of PermittedTable in all rooms stands in permit_table's own file."""
    house = Path(__file__).parents[2]
    rooms = [path for path in house.glob("*/*.py") if path.parent.name not in {"tests", "bench"}]
    makers = [path for path in rooms if "PermittedTable(" in path.read_text(encoding="utf-8")]
    assert makers == [house / "policies" / "table.py"]
