"""What a Grant does not cover is refused whole, and the error says nothing of the rows."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from policies.actions import Action
from policies.columns import Catalogue
from policies.table import PermittedTableError, permit_table
from tests.policies.factories import ANOTHER_LICENCE, LICENCE, a_grant, a_row, some_rows

CATALOGUE = Catalogue.load()
SECRET = "Ursprung-Geheimnis"


@pytest.mark.parametrize(
    "changes",
    [
        {"action": Action.SEND_BOOK},
        {"action": Action.DOWNLOAD_BOOK},
        {"agent": None},
        {"agent": ANOTHER_LICENCE},
        {"profile": None},
        {"profile": "everything"},
        {"columns": ()},
        {"columns": ("case_number", "case_number")},
        {"columns": ("case_number", "ssn")},
        {"columns": ("case_number", "_consumer")},
        {"profile": "manager"},
        {"profile": "minimal", "columns": ("case_number", "home_address")},
    ],
)
def test_a_grant_that_does_not_cover_the_rows_shows_nothing(changes: dict[str, Any]) -> None:
    """Another action, agent or profile, or a column beyond the profile, refuses the table."""
    with pytest.raises(PermittedTableError):
        permit_table(a_grant(**changes), some_rows(CATALOGUE, a_row(CATALOGUE)), CATALOGUE)


@pytest.mark.parametrize(
    "name", ["agent_license_number", "delegation_status", "_consumer", "last_name", "home_zip"]
)
def test_rows_that_lack_a_needed_column_are_refused(name: str) -> None:
    """What proves the delegation must be there, and what the grant names."""
    rows = some_rows(CATALOGUE, a_row(CATALOGUE)).drop_columns([name])
    with pytest.raises(PermittedTableError, match=name):
        permit_table(a_grant(), rows, CATALOGUE)


@pytest.mark.parametrize("name", ["agent_license_number", "delegation_status", "_consumer"])
def test_a_blank_proof_is_no_proof(name: str) -> None:
    """A row without agent, status or pseudonym refuses the table."""
    rows = some_rows(CATALOGUE, a_row(CATALOGUE), a_row(CATALOGUE, **{name: None}))
    with pytest.raises(PermittedTableError, match=name):
        permit_table(a_grant(), rows, CATALOGUE)


def test_a_column_that_the_catalogue_lacks_is_refused() -> None:
    """Rows with one column more are not what was imported."""
    rows = some_rows(CATALOGUE, a_row(CATALOGUE)).append_column("ssn", pa.array([SECRET]))
    with pytest.raises(PermittedTableError):
        permit_table(a_grant(), rows, CATALOGUE)


def test_a_column_twice_is_refused() -> None:
    """Nobody could say which of two columns was checked."""
    rows = some_rows(CATALOGUE, a_row(CATALOGUE))
    with pytest.raises(PermittedTableError):
        permit_table(a_grant(), rows.append_column("email", rows["email"]), CATALOGUE)


def test_a_column_of_another_type_is_refused() -> None:
    """A ZIP that became a number lost its zeros."""
    rows = some_rows(CATALOGUE, a_row(CATALOGUE)).drop_columns(["home_zip"])
    with pytest.raises(PermittedTableError, match="home_zip"):
        permit_table(a_grant(), rows.append_column("home_zip", pa.array([1234])), CATALOGUE)


@pytest.mark.parametrize(
    "changes",
    [
        {"agent_license_number": SECRET},
        {"delegation_status": SECRET},
        {"_consumer": None},
    ],
)
def test_an_error_never_holds_a_value(changes: dict[str, Any]) -> None:
    """What went wrong is said with columns and counts alone."""
    rows = some_rows(CATALOGUE, a_row(CATALOGUE, last_name=SECRET) | changes)
    with pytest.raises(PermittedTableError) as caught:
        permit_table(a_grant(), rows, CATALOGUE)
    assert SECRET not in str(caught.value)
    assert LICENCE not in str(caught.value)
