"""Check that nobody's record was changed behind the ledger."""

from __future__ import annotations

from house.doctor.findings import Finding, failed, well
from house.wiring import House
from runtime.database import reading
from store.census import count_people

_PEOPLE = "people"
_SHOWN = 5


def check_people(house: House) -> Finding:
    """Check everybody's record against the newest digest that the ledger has of it.

    People are named by the ids that stand in the ledger; a person's name is nobody's business here.
    """
    with reading(house.engine) as connection:
        unsound = house.records.unsound(connection)
        count = count_people(connection)
    if not unsound:
        return well(_PEOPLE, f"{count} records, each as the ledger has it")
    named = ", ".join(unsound[:_SHOWN]) + (", …" if len(unsound) > _SHOWN else "")
    return failed(
        _PEOPLE,
        f"{len(unsound)} of {count} records were changed outside the service, and nothing is decided on them:"
        f" {named}",
        "find out who changed the database, and put these rows back from a backup",
    )
