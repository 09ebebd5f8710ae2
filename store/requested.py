"""What was asked for, of whom and by whom, in the forms that the rules ask for."""

from __future__ import annotations

import hashlib

import rfc8785
from sqlalchemy import Connection

from exports.export import Export
from identity.people import Person, Role
from policies.columns import Profile
from policies.fact_groups import Endings, Request, Subject
from policies.gate import Ask, Bound
from store.exports import export_by_id
from store.people import PersonNotFoundError, person_by_id, person_by_licence
from store.snapshot_source import SnapshotSource
from store.standing import address_line


def export_and_requester(connection: Connection, ask: Ask) -> tuple[Export, Person]:
    """Return the export that is the ask's resource, and who asked for it; ExportNotFoundError."""
    export = export_by_id(connection, ask.resource.id)
    return export, person_by_id(connection, export.requester)


def request_of(export: Export) -> Request:
    """Return the request that an export came from."""
    # An export row exists only where the request's acknowledgement was recorded.
    return Request(purpose=export.purpose, channel=export.channel, profile=export.profile, acknowledged=True)


def subject_of(connection: Connection, person: Person, agent: str) -> Subject:
    """Return whose consumers are in question: the person's own, or an agent's of their agency."""
    mine = bool(agent) and person.papers.licence == agent
    same_agency = mine
    if not mine and person.role is Role.MANAGER and person.papers.agency_id:
        try:
            other = person_by_licence(connection, agent)
            same_agency = other.papers.agency_id == person.papers.agency_id
        except PersonNotFoundError:
            same_agency = False
    return Subject(licence=agent, is_actor=mine, same_agency=same_agency)


def endings_of(connection: Connection, export: Export, snapshots: SnapshotSource) -> Endings:
    """Return whether a delegation of a built book ended since: more are to be withheld than were."""
    if export.snapshot_as_of is None or export.snapshot_revision is None:
        return Endings(ended_since_built=False)
    ended = snapshots.ended_in(connection, export.agent, export.snapshot_as_of, export.snapshot_revision)
    return Endings(ended_since_built=ended > (export.withheld or 0))


def profile_for(subject: Subject) -> Profile:
    """Return the profile that a requester may see now: their own book in full, oversight masked."""
    return Profile.AGENT if subject.is_actor else Profile.MANAGER


def bound_to_built(export: Export, person: Person) -> Bound:
    """Return what a permit over a built book names."""
    return Bound(
        agent=export.agent,
        export=export.id,
        purpose=export.purpose,
        channel=export.channel,
        fencing=export.built_fencing,
        recipient=recipient_digest(person),
    )


def recipient_digest(person: Person) -> str:
    """Return what entries say of a recipient: SHA-256 of the canonical JSON of name, title and address."""
    return hashlib.sha256(rfc8785.dumps(dict(address_line(person.papers)))).hexdigest()
