"""Look-ups of people's records: each follows its entry."""

from __future__ import annotations

from pathlib import Path

from audit.entry import Draft, Resource
from audit.events import Event
from audit.records import records_between
from runtime.database import reading
from tests.audit.factories import a_draft, a_ledger


def a_record(person: str, record: str) -> Draft:
    """Return the draft of a person's record that was taken down."""
    resource = Resource(kind="person", id=person)
    return a_draft(Event.PERSON_RECORDED, resource=resource, action="ManagePeople", record=record * 32)


def test_a_record_is_looked_up_by_its_person(tmp_path: Path) -> None:
    """Each entry that carries a record has one look-up, with its index, person and digest."""
    made = a_ledger(tmp_path)
    made.append(a_record("p-1", "aa"), a_draft(), a_record("p-2", "bb"), a_record("p-1", "cc"))

    expected = [(0, "p-1", "aa" * 32), (2, "p-2", "bb" * 32), (3, "p-1", "cc" * 32)]
    with reading(made.engine) as connection:
        assert expected == sorted(records_between(connection, 0, 4))
        assert expected[1:2] == records_between(connection, 1, 3)
