"""Facts for a page of Active Consumers: whose list, and how much of it was shown already.

Law: rows shown are counted in the ledger, from the stretches that `release.started` entries
name; what started counts as shown.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from audit.counts import ranges_length
from audit.entry import Actor
from audit.events import Event
from policies.actions import Action
from policies.columns import Profile
from policies.fact_groups import Freshness, Holding, Page
from policies.facts import ViewConsumersFacts
from policies.gate import Ask, Bound
from policies.numbers import Numbers
from runtime.clock import rfc3339
from store.people import person_by_id
from store.requested import recipient_digest, subject_of
from store.snapshot_source import SnapshotSource
from store.standing import licensing_facts, moment_of, person_facts, session_facts

PURPOSE = "service-delegated-consumers"

_DAY = timedelta(days=1)
_NO_SNAPSHOT_AGE_DAYS = 10**6


def view_consumers_facts(
    connection: Connection,
    actor: Actor,
    ask: Ask,
    now: datetime,
    numbers: Numbers,
    snapshots: SnapshotSource,
) -> tuple[ViewConsumersFacts, Bound]:
    """Return the facts of a page; the ask's resource is the agent, its claim `rows` the page's size."""
    person = person_by_id(connection, actor.id)
    # Who has no licence has no list: the role's refusal says so, whatever the resource is.
    agent = ask.resource.id if person.papers.licence else ""
    newest = snapshots.newest(connection)
    held = snapshots.rows_of(connection, newest.ref.digest, agent) if newest else 0
    facts = ViewConsumersFacts(
        moment=moment_of(now),
        person=person_facts(person, now),
        licensing=licensing_facts(person, now),
        session=session_facts(connection, actor, numbers, now),
        subject=subject_of(connection, person, agent),
        holding=Holding(agent=agent),
        freshness=Freshness(
            snapshot_published=newest is not None,
            snapshot_is_newest=newest is not None,
            snapshot_age_days=(now - newest.as_of) // _DAY if newest else _NO_SNAPSHOT_AGE_DAYS,
            as_of_is_cutoff=newest is not None and newest.as_of_is_cutoff,
            agent_is_in_snapshot=held > 0,
        ),
        page=Page(rows_asked=int(ask.claims["rows"]), rows_shown_24h=rows_shown(connection, actor.id, now)),
    )
    bound = Bound(
        agent=agent or None,
        purpose=PURPOSE,
        profile=Profile.LIST,
        snapshot=newest.ref if newest else None,
        recipient=recipient_digest(person),
    )
    return facts, bound


def rows_shown(connection: Connection, actor: str, now: datetime) -> int:
    """Return how many rows of lists were shown to somebody in the last 24 hours, by the ledger."""
    return ranges_length(
        connection,
        event=Event.RELEASE_STARTED,
        action=Action.VIEW_CONSUMERS.value,
        actor=actor,
        since=rfc3339(now - _DAY),
    )
