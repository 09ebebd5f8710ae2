"""Facts for what a person does with an export of their own: have the book or its passphrase, take it back.

Law: an export of another person, and one that there isn't, look the same to the rules: nobody's.
So they refuse it, and the attempt is recorded.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from sqlalchemy import Connection

from audit.counts import count_entries
from audit.entry import Actor
from audit.events import Event
from exports.errors import ExportNotFoundError
from policies.actions import Action
from policies.fact_groups import Endings, Holding, Releases, Request, Subject
from policies.facts import HandOverFacts, RevokeExportFacts
from policies.gate import Ask, Bound
from policies.numbers import Numbers
from store.exports import export_by_id
from store.people import person_by_id
from store.releases import count_downloads
from store.requested import bound_to_built, endings_of, export_and_requester, request_of, subject_of
from store.snapshot_source import SnapshotSource
from store.standing import licensing_facts, moment_of, person_facts, session_facts

_NOBODYS = Subject(licence="", is_actor=False, same_agency=False)


def hand_over_facts(
    connection: Connection,
    actor: Actor,
    ask: Ask,
    now: datetime,
    numbers: Numbers,
    snapshots: SnapshotSource,
) -> tuple[HandOverFacts, Bound]:
    """Return the facts of a download or a reveal of the export that is the ask's resource."""
    try:
        export, person = export_and_requester(connection, ask)
    except ExportNotFoundError:
        return _nobodys(connection, actor, ask, now, numbers)
    if export.requester != actor.id:
        return _nobodys(connection, actor, ask, now, numbers, agent=export.agent)
    reveals = count_entries(
        connection, event=Event.RELEASE_STARTED, action=Action.REVEAL_PASSPHRASE.value, export=export.id
    )
    facts = HandOverFacts(
        moment=moment_of(now),
        person=person_facts(person, now),
        licensing=licensing_facts(person, now),
        session=session_facts(connection, actor, numbers, now),
        subject=subject_of(connection, person, export.agent),
        request=request_of(export),
        holding=Holding(agent=export.agent),
        releases=Releases(reveals=reveals, downloads=count_downloads(connection, export)),
        endings=endings_of(connection, export, snapshots),
    )
    return facts, bound_to_built(export, person)


def _nobodys(
    connection: Connection,
    actor: Actor,
    ask: Ask,
    now: datetime,
    numbers: Numbers,
    agent: str | None = None,
) -> tuple[HandOverFacts, Bound]:
    """Return facts of an export that isn't the actor's, or that there isn't: R13 and F02 refuse both."""
    person = person_by_id(connection, actor.id)
    facts = HandOverFacts(
        moment=moment_of(now),
        person=person_facts(person, now),
        licensing=licensing_facts(person, now),
        session=session_facts(connection, actor, numbers, now),
        subject=_NOBODYS,
        request=Request(purpose="", channel="", profile="", acknowledged=False),
        holding=Holding(agent=""),
        releases=Releases(reveals=0, downloads=0),
        endings=Endings(ended_since_built=False),
    )
    return facts, Bound(agent=agent, export=ask.resource.id)


def revoke_export_facts(
    connection: Connection, actor: Actor, ask: Ask, now: datetime, numbers: Numbers
) -> tuple[RevokeExportFacts, Bound]:
    """Return the facts of taking back the export that is the ask's resource."""
    person = person_by_id(connection, actor.id)
    agent, subject = None, _NOBODYS
    with suppress(ExportNotFoundError):
        export = export_by_id(connection, ask.resource.id)
        agent = export.agent
        if export.requester == actor.id:
            subject = subject_of(connection, person, export.agent)
    facts = RevokeExportFacts(
        person=person_facts(person, now),
        session=session_facts(connection, actor, numbers, now),
        subject=subject,
    )
    return facts, Bound(agent=agent, export=ask.resource.id)
