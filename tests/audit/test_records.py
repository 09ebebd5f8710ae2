"""Look-ups of people's records: the newest counts, and each follows its entry."""

from __future__ import annotations

from pathlib import Path

from audit.entry import Draft, Resource
from audit.events import Event
from audit.records import all_newest_records, newest_moment, newest_record
from runtime.database import reading
from tests.audit.factories import AT, WORKER, a_draft, a_ledger


def a_record(person: str, record: str) -> Draft:
    """Return the draft of a person's record that was taken down."""
    resource = Resource(kind="person", id=person)
    return a_draft(Event.PERSON_RECORDED, resource=resource, action="ManagePeople", record=record * 32)


def test_the_newest_record_counts(tmp_path: Path) -> None:
    """Of several records of a person the last one is found, alone and among everybody's."""
    made = a_ledger(tmp_path)
    made.append(a_record("p-1", "aa"), a_record("p-2", "bb"))
    made.append(a_record("p-1", "cc"), a_draft())

    with reading(made.engine) as connection:
        assert "cc" * 32 == newest_record(connection, "p-1")
        assert None is newest_record(connection, "e-01")
        assert {"p-1": "cc" * 32, "p-2": "bb" * 32} == all_newest_records(connection)


def test_the_newest_moment_of_an_event(tmp_path: Path) -> None:
    """When somebody last had an entry of an event is its own time; never is None."""
    made = a_ledger(tmp_path)
    made.append(a_record("p-1", "aa"))

    with reading(made.engine) as connection:
        assert AT == newest_moment(connection, event=Event.PERSON_RECORDED, actors=[WORKER.id])
        assert None is newest_moment(connection, event=Event.ROSTER_IMPORTED, actors=[WORKER.id])
