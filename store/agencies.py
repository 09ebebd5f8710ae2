"""Who belongs to an agency, for its managers."""

from __future__ import annotations

from sqlalchemy import Connection, select

from identity.people import Person
from store.people import person_by_licence
from store.tables import people


def agents_of_agency(connection: Connection, agency: str) -> list[Person]:
    """Return an agency's people by name; nobody for somebody without an agency."""
    if not agency:
        return []
    query = select(people.c.licence).where(people.c.agency_id == agency, people.c.licence.is_not(None))
    found = connection.execute(query.order_by(people.c.name, people.c.licence)).scalars()
    return [person_by_licence(connection, licence) for licence in found.all()]
