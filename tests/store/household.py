"""A real installation with an agent and a manager signed in, to look facts up in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from audit.entry import Actor, Resource, SnapshotRef
from policies.actions import Action
from policies.fact_groups import (
    Licensing,
    Request,
    Session,
    Subject,
)
from policies.fact_groups import Person as PersonFacts
from policies.facts import FACTS_OF, Facts, RequestExportFacts
from policies.gate import Ask, Bound, Who
from runtime.clock import parse_rfc3339
from runtime.database import reading
from store.people import person_by_licence
from tests.installation import Enrolled, Installation, an_installation

AGENT, MANAGER = "0B65625", "0C86404"
PURPOSE = "service-delegated-consumers"
SERVICE = Who(actor=Actor(kind="service", id="worker", role="service"), client="local:worker")
TEN_MINUTES = timedelta(minutes=10)


@dataclass
class Household:
    """An installation with an agent and a manager signed in, and one export asked for."""

    home: Installation
    snapshot: SnapshotRef
    agent: Enrolled
    who: Who
    manager: Who
    export: str
    now: datetime

    def look_up(self, who: Who, action: Action, resource: Resource, **claims: Any) -> tuple[Any, Bound]:
        """Return the facts of ten minutes after the agent's sign-in."""
        ask = Ask(action=action, resource=resource, claims=claims)
        with reading(self.home.api.engine) as connection:
            found: tuple[Facts, Bound] = self.home.api.gate.source.look_up(
                connection, who.actor, ask, self.now
            )
        assert FACTS_OF[action] is type(found[0])
        return found

    def request(self, who: Who, agent: str | None = None) -> tuple[RequestExportFacts, Bound]:
        """Return the facts of a request."""
        claims = {"agent": agent, "purpose": PURPOSE, "channel": "email", "acknowledged": True}
        return self.look_up(who, Action.REQUEST_EXPORT, Resource(kind="export", id="new"), **claims)

    def of_export(self, who: Who, action: Action, **claims: Any) -> tuple[Any, Bound]:
        """Return the facts of something done with the export."""
        return self.look_up(who, action, Resource(kind="export", id=self.export), **claims)


@contextmanager
def a_household(folder: Path) -> Iterator[Household]:
    """Found the household in a folder, and end it."""
    with an_installation(folder) as home:
        home.take_roster()
        snapshot = home.publish(home.extract)
        agent = home.enrol(AGENT)
        manager = home.sign_in(home.enrol(MANAGER))
        who = home.sign_in(agent)
        with reading(home.api.engine) as connection:
            signed_in = person_by_licence(connection, AGENT).last_sign_in_at
        assert signed_in is not None
        now = parse_rfc3339(signed_in) + TEN_MINUTES
        yield Household(home, snapshot, agent, who, manager, home.ask(who), now)


def day(text: str) -> int:
    """Return a day's number."""
    return date.fromisoformat(text).toordinal()


AGENTS_PAPERS = Licensing(
    licence=AGENT,
    licence_status="active",
    licence_expires_day=day("2027-05-28"),
    certification_status="active",
    certified_day=day("2026-06-01"),
    agreement_version="2026-01",
    agreement_signed_day=day("2026-05-15"),
    training_day=day("2026-09-20"),
    attested_day=day("2026-07-31"),
    address_changed_at=int(datetime(2025, 5, 8, 6, 59, 59, tzinfo=UTC).timestamp()),
    factors_reset_at=0,
    roster_age_days=0,
)
MINE = Subject(licence=AGENT, is_actor=True, same_agency=True)
AN_AGENT = PersonFacts(role="agent", disabled=False, idle_days=0, recorded=True)
FRESH_SESSION = Session(
    current=True,
    open_sessions=1,
    idle_seconds=600,
    age_seconds=600,
    mfa=True,
    mfa_age_seconds=600,
    failed_factors=0,
)
OWN_REQUEST = Request(purpose=PURPOSE, channel="email", profile="agent", acknowledged=True)
