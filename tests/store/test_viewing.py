"""Facts for a page of a list: whose it is, what was shown, which snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, update

from audit.entry import Actor, Draft, Resource, SnapshotRef
from audit.events import Event, Outcome
from audit.ledger import Ledger
from policies.actions import Action
from policies.columns import Profile
from policies.fact_groups import Page
from policies.facts import ViewConsumersFacts
from policies.gate import Ask, Bound
from policies.numbers import Numbers
from policies.rules import PolicySet
from policies.snapshot_groups import Incoming, Publication
from runtime.database import reading, writing
from store.people import person_by_licence
from store.requested import recipient_digest
from store.snapshot_source import SnapshotFacts
from store.tables import people
from store.viewing import rows_shown, view_consumers_facts
from tests.fakes import PinnedClock
from tests.installation import AS_OF, SATURDAY
from tests.store.makers import AGENT

MANAGER = "0C86404"
OF_HER_AGENCY = "0E54140"
NUMBERS: Numbers = PolicySet.load().numbers
REF = SnapshotRef(as_of="2026-11-21T05:00:00.000000Z", revision=1, digest="a" * 64)
NEWEST = SnapshotFacts(ref=REF, as_of=AS_OF, as_of_is_cutoff=True)


@dataclass(frozen=True)
class OneSnapshot:
    """A snapshot room that holds one snapshot, or none, with rows of one agent."""

    snapshot: SnapshotFacts | None = NEWEST
    agent: str = AGENT

    def newest(self, _connection: Connection) -> SnapshotFacts | None:
        """Return it."""
        return self.snapshot

    def rows_of(self, _connection: Connection, _digest: str, agent: str) -> int:
        """Return how many rows an agent has."""
        return 25 if agent == self.agent else 0

    def ended_in(self, _connection: Connection, _agent: str, _as_of: str, _revision: int) -> int:
        """Nobody ended a delegation."""
        return 0

    def incoming(self, as_of: datetime, now: datetime) -> Incoming:
        """Nobody asks."""
        raise NotImplementedError(as_of, now)

    def publication(self, connection: Connection, attempt: str, *, drift_accepted: bool) -> Publication:
        """Nobody asks."""
        raise NotImplementedError(connection, attempt, drift_accepted)

    def is_destroyable(self, connection: Connection, name: str, now: datetime, kept_weeks: int) -> bool:
        """Nobody asks."""
        raise NotImplementedError(connection, name, now)

    def is_holdable(self, connection: Connection, attempt: str, agents: Sequence[str]) -> bool:
        """Nobody asks."""
        raise NotImplementedError(connection, attempt, agents)


def look_up(
    engine: Engine,
    licence: str = AGENT,
    whose: str = AGENT,
    snapshots: OneSnapshot | None = None,
    now: datetime = SATURDAY,
) -> tuple[ViewConsumersFacts, Bound]:
    """Look the facts up of somebody who asks for somebody's list."""
    ask = Ask(action=Action.VIEW_CONSUMERS, resource=Resource(kind="agent", id=whose), claims={"rows": 50})
    with reading(engine) as connection:
        actor = Actor(kind="person", id=person_by_licence(connection, licence).id, role="agent")
        return view_consumers_facts(connection, actor, ask, now, NUMBERS, snapshots or OneSnapshot())


def show(engine: Engine, actor: str, clock: PinnedClock, *stretch: int, **changed: Any) -> None:
    """Record that rows of a list were shown."""
    draft = Draft(
        event=Event.RELEASE_STARTED,
        outcome=Outcome.DONE,
        actor=Actor(kind="person", id=actor, role="agent"),
        client="local:test",
        action=Action.VIEW_CONSUMERS.value,
        resource=Resource(kind="agent", id=AGENT),
        ranges=((stretch[0], stretch[1]),) if stretch else None,
    )
    with writing(engine) as connection:
        Ledger(clock).append(connection, [replace(draft, **changed)])


def test_ones_own_list(engine: Engine) -> None:
    """The agent is the subject; the permit names agent, list profile, snapshot and recipient."""
    facts, bound = look_up(engine)

    assert (AGENT, True, AGENT) == (facts.subject.licence, facts.subject.is_actor, facts.holding.agent)
    assert (True, True, 0) == (
        facts.freshness.snapshot_published,
        facts.freshness.agent_is_in_snapshot,
        facts.freshness.snapshot_age_days,
    )
    assert Page(rows_asked=50, rows_shown_24h=0) == facts.page
    with reading(engine) as connection:
        recipient = recipient_digest(person_by_licence(connection, AGENT))
    expected = Bound(
        agent=AGENT,
        purpose="service-delegated-consumers",
        profile=Profile.LIST,
        snapshot=REF,
        recipient=recipient,
    )
    assert expected == bound


@pytest.mark.parametrize(
    ("licence", "whose", "same_agency"),
    [(AGENT, OF_HER_AGENCY, False), (MANAGER, OF_HER_AGENCY, True), (MANAGER, AGENT, False)],
)
def test_anothers_list(engine: Engine, licence: str, whose: str, same_agency: bool) -> None:
    """Another's list is never the actor's own; only a manager shares an agency."""
    facts, bound = look_up(engine, licence, whose)

    assert (whose, False, same_agency) == (
        facts.subject.licence,
        facts.subject.is_actor,
        facts.subject.same_agency,
    )
    assert whose == bound.agent


def test_without_a_snapshot(engine: Engine) -> None:
    """Before the first publication the facts say so and the permit names none."""
    facts, bound = look_up(engine, snapshots=OneSnapshot(None))

    assert (False, False, 10**6) == (
        facts.freshness.snapshot_published,
        facts.freshness.agent_is_in_snapshot,
        facts.freshness.snapshot_age_days,
    )
    assert None is bound.snapshot


def test_an_agent_of_whom_the_snapshot_holds_nobody(engine: Engine) -> None:
    """The snapshot is there, the agent isn't in it."""
    facts, _bound = look_up(engine, MANAGER, MANAGER)

    assert (True, False) == (facts.freshness.snapshot_published, facts.freshness.agent_is_in_snapshot)


def test_who_has_no_licence_has_no_list(engine: Engine) -> None:
    """Of somebody without a licence no agent is named, whatever was asked for."""
    with writing(engine) as connection:
        person = person_by_licence(connection, AGENT).id
        connection.execute(update(people).where(people.c.id == person).values(licence=None))
    ask = Ask(action=Action.VIEW_CONSUMERS, resource=Resource(kind="agent", id=MANAGER), claims={"rows": 50})
    with reading(engine) as connection:
        actor = Actor(kind="person", id=person, role="reviewer")
        facts, bound = view_consumers_facts(connection, actor, ask, SATURDAY, NUMBERS, OneSnapshot())

    assert ("", "", None) == (facts.subject.licence, facts.holding.agent, bound.agent)


def test_rows_shown_are_those_of_a_day(engine: Engine) -> None:
    """Rows count once shown, of this person, on list pages, for 24 hours."""
    with reading(engine) as connection:
        me = person_by_licence(connection, AGENT).id
    clock = PinnedClock(SATURDAY)
    show(engine, me, clock, 0, 50)
    clock.advance(hours=1)
    show(engine, me, clock, 50, 60)
    show(engine, me, clock)
    show(engine, "p-other", clock, 0, 50)
    show(engine, me, clock, 0, 999, action=Action.DOWNLOAD_BOOK.value)
    show(engine, me, clock, 0, 10, event=Event.RELEASE_ENDED)

    with reading(engine) as connection:
        counted = [
            rows_shown(connection, me, SATURDAY + timedelta(hours=after)) for after in (2, 24, 24.5, 25.5)
        ]

    assert [60, 60, 10, 0] == counted
    assert 60 == look_up(engine, now=clock.now())[0].page.rows_shown_24h
