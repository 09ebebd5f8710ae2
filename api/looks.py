"""A look into the ledger: permitted and recorded, each one, before anything is shown.

Law: nothing of the ledger is read for somebody before the entry of their look is committed.
There is no look without an entry, and none that isn't shown to the next reviewer.
"""

from __future__ import annotations

from collections.abc import Iterable

from api.audit_bodies import PersonTold
from api.signed_in import SignedIn
from audit.entry import Resource
from audit.events import Event
from house.founding import kept_vkey
from house.wiring import House
from policies.actions import Action
from policies.gate import Ask
from runtime.database import reading
from store.people import PersonNotFoundError, person_by_id, person_by_licence, person_by_username


def look(
    house: House, visitor: SignedIn, kind: str = "ledger", thing: str = "", *, takes: bool = False
) -> int:
    """Permit and record one look at a thing (the whole ledger without one); return the entry's index.

    `takes` records besides that the ledger is handed out. Raises RefusedError, UnrecordableError.
    """
    resource = Resource(kind=kind, id=thing) if thing else ledger_resource(house)
    with house.gate.transaction(visitor.who) as tx:
        permit = tx.decide(Ask(action=Action.READ_LEDGER, resource=resource))
        if takes:
            tx.record(Event.LEDGER_EXPORTED, Action.READ_LEDGER, resource, because=permit)
    return permit.index


def ledger_resource(house: House) -> Resource:
    """Return the whole ledger as entries name it."""
    return Resource(kind="ledger", id=house.settings.origin.rpartition("/")[2])


def people_told(house: House, ids: Iterable[str]) -> dict[str, PersonTold]:
    """Return who the ids are; those that the house doesn't know are left out."""
    told = {}
    with reading(house.engine) as connection:
        for one in sorted(ids):
            try:
                papers = person_by_id(connection, one).papers
            except PersonNotFoundError:
                continue
            told[one] = PersonTold(name=papers.name, role=papers.role.value, licence=papers.licence or None)
    return told


def agents_told(house: House, licences: Iterable[str]) -> dict[str, str]:
    """Return the names of agents by licence; those that the roster never listed are left out."""
    told = {}
    with reading(house.engine) as connection:
        for licence in sorted(set(licences)):
            try:
                told[licence] = person_by_licence(connection, licence).papers.name
            except PersonNotFoundError:
                continue
    return told


def known_id(house: House, text: str) -> tuple[str, bool]:
    """Return the id of whom a text names (by id, user name or licence), and whether they are known."""
    with reading(house.engine) as connection:
        for find in (person_by_id, person_by_username, person_by_licence):
            try:
                return find(connection, text).id, True
            except PersonNotFoundError:
                continue
    return text, False


def vkey_of(house: House) -> str:
    """Return the key that the ledger's checkpoints are verified with."""
    return kept_vkey(house.settings)
