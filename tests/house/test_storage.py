"""The doctor on roles, on the reserve, and on states that don't fit the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from audit.entry import Resource
from audit.events import Event
from house.doctor.findings import Verdict
from house.doctor.storage import check_reserve, check_roles, check_states
from runtime.database import writing
from tests.backends import on_servers
from tests.installation import CONSOLE_WHO, Installation, a_published_installation

AGENT = "0B65625"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Installation]:
    """An installation whose agent asked for two exports."""
    with a_published_installation(tmp_path) as made:
        made.enrol(AGENT)
        yield made


@pytest.fixture
def asked(home: Installation) -> str:
    """An export that was asked for."""
    return home.ask(home.sign_in(home.enrol(AGENT)))


def test_states_that_fit_are_well(home: Installation, asked: str) -> None:
    """An export that was asked for, and no more, stands where the ledger says."""
    assert asked
    assert Verdict.OK == check_states(home.operator).verdict


def test_a_state_that_nothing_recorded_is_named(home: Installation, asked: str) -> None:
    """A row that says `sent` of a book that no entry built was changed behind the ledger."""
    with writing(home.operator.engine) as connection:
        connection.execute(text("UPDATE exports SET state = 'sent'"))

    finding = check_states(home.operator)

    assert (Verdict.FAIL, True) == (finding.verdict, asked in finding.said)


def test_a_row_that_outlived_its_end_is_named(home: Installation, asked: str) -> None:
    """A row that lives although the ledger has its end was rolled back."""
    with home.operator.gate.transaction(CONSOLE_WHO) as tx:
        resource = Resource(kind="export", id=asked)
        tx.record(Event.EXPORT_REVOKED, "RevokeExport", resource, export=asked, state="revoked")

    finding = check_states(home.operator)

    assert (Verdict.FAIL, True) == (finding.verdict, asked in finding.said)


def test_the_roles_are_told(home: Installation) -> None:
    """SQLite knows no roles; one PostgreSQL role for everything is a warning that says what to do."""
    finding = check_roles(home.operator)

    assert (Verdict.WARN if on_servers() else Verdict.OK) == finding.verdict
    assert on_servers() == ("SEALEDBOOK_DATABASE_OWNER" in finding.advice)


@pytest.mark.embedded
def test_a_spent_reserve_is_a_failure(home: Installation) -> None:
    """While the reserve isn't there nothing is released, and the doctor says how much room is wanted."""
    assert Verdict.OK == check_reserve(home.operator).verdict
    home.operator.disk.reserve.give_up()

    finding = check_reserve(home.operator)

    assert (Verdict.FAIL, True) == (finding.verdict, "0.1 MiB" in finding.advice)
