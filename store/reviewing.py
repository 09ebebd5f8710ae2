"""Facts for what reviewers do: read, look consumers up, approve policy sets, break a glass, release a lock.

Law: what a reviewer did, and what others did before, is what the ledger says of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from audit.counts import count_entries
from audit.entry import Actor
from policies.actions import EVENT_OF, Action
from policies.fact_groups import Candidate, Glass, Lock, Reading, Review
from policies.facts import (
    ApprovePolicyFacts,
    BreakGlassFacts,
    FindConsumerFacts,
    ReadLedgerFacts,
    ReleaseLockFacts,
    RotateKeyFacts,
    TraceBookFacts,
)
from policies.gate import Ask, Bound
from policies.rules import PolicySet, packaged_set
from runtime.clock import rfc3339
from runtime.database import hold
from store.glass import GlassReason, GlassState, find_glass, has_open_glass
from store.policy_sets import adopted_set, approvers, proposed_sets
from store.reviews import last_review
from store.standing import Asker, failed_factors, who_asks

_DAY = timedelta(days=1)


class ReviewerFacts:
    """Looks up the facts of what reviewers do, by action; the signatures are those of `HouseFacts`."""

    def __init__(self, policy: PolicySet, *, is_demo: bool, outgrown: str | None) -> None:
        self._policy = policy
        self._is_demo = is_demo
        self._outgrown = outgrown

    def read_ledger(
        self, connection: Connection, actor: Actor, ask: Ask, now: datetime
    ) -> tuple[ReadLedgerFacts, Bound]:
        """Return the facts of a look into the ledger; a claim `attests` makes it a review of the log."""
        attests = bool(ask.claims.get("attests"))
        facts = ReadLedgerFacts(
            **self._who(connection, actor, now),
            reading=self._reading(connection, actor, ask.action, now),
            review=Review(
                attests=attests,
                own=attests and (last := last_review(connection)) is not None and last.person == actor.id,
            ),
        )
        return facts, Bound(purpose="audit")

    def find_consumer(
        self, connection: Connection, actor: Actor, ask: Ask, now: datetime
    ) -> tuple[FindConsumerFacts, Bound]:
        """Return the facts of looking a consumer up."""
        reading = self._reading(connection, actor, ask.action, now)
        return FindConsumerFacts(**self._who(connection, actor, now), reading=reading), Bound(purpose="audit")

    def trace_book(
        self, connection: Connection, actor: Actor, _ask: Ask, now: datetime
    ) -> tuple[TraceBookFacts, Bound]:
        """Return the facts of tracing a copy."""
        return TraceBookFacts(**self._who(connection, actor, now)), Bound(purpose="audit")

    def approve_policy(
        self, connection: Connection, actor: Actor, ask: Ask, now: datetime
    ) -> tuple[ApprovePolicyFacts, Bound]:
        """Return the facts of approving the policy set that is the ask's resource."""
        # Two reviewers at once wait for one another: the second finds the first one's approval.
        hold(connection, "policies")
        digest, adopted, packaged = ask.resource.id, adopted_set(connection), packaged_set().digest
        candidate = Candidate(
            known=digest == packaged or digest in proposed_sets(connection),
            in_force=digest == (packaged if self._is_demo else adopted),
            # None where no set was ever adopted: a founding; else the set that an upgrade left behind.
            founding=digest == packaged and adopted == self._outgrown and not self._is_demo,
            approved_by_actor=actor.id in approvers(connection, digest),
        )
        return ApprovePolicyFacts(**self._who(connection, actor, now), candidate=candidate), Bound()

    def break_glass(
        self, connection: Connection, actor: Actor, ask: Ask, now: datetime
    ) -> tuple[BreakGlassFacts, Bound]:
        """Return the facts of asking for a glass (a claim `reason`), or of agreeing to one (without)."""
        if "reason" in ask.claims:
            reason = str(ask.claims["reason"])
            is_known = reason in set(GlassReason)
            glass = Glass(reason_known=is_known, waiting=True, own=False)
            bound = Bound(reason=reason if is_known else None)
        else:
            found = find_glass(connection, ask.resource.id, self._policy.numbers, now)
            glass = Glass(
                reason_known=found is not None,
                waiting=found is not None and found.state is GlassState.WAITING,
                own=found is not None and found.asked_by == actor.id,
            )
            bound = Bound()
        return BreakGlassFacts(**self._who(connection, actor, now), glass=glass), bound

    def release_lock(
        self, connection: Connection, actor: Actor, ask: Ask, now: datetime
    ) -> tuple[ReleaseLockFacts, Bound]:
        """Return the facts of letting the person who is the ask's resource try again."""
        failed = failed_factors(connection, ask.resource.id, self._policy.numbers, now)
        lock = Lock(
            locked=failed >= self._policy.numbers.failed_factors_before_lock,
            own=ask.resource.id == actor.id,
        )
        return ReleaseLockFacts(**self._who(connection, actor, now), lock=lock), Bound()

    def rotate_key(
        self, connection: Connection, actor: Actor, _ask: Ask, now: datetime
    ) -> tuple[RotateKeyFacts, Bound]:
        """Return the facts of replacing a key."""
        return RotateKeyFacts(person=self._who(connection, actor, now)["person"]), Bound()

    def _who(self, connection: Connection, actor: Actor, now: datetime) -> Asker:
        return who_asks(connection, actor, self._policy.numbers, now)

    def _reading(self, connection: Connection, actor: Actor, action: Action, now: datetime) -> Reading:
        if actor.kind == "operator":
            return Reading(asked_24h=0, glass_open=False)
        since = rfc3339(now - _DAY)
        asked = count_entries(connection, event=EVENT_OF[action], actor=actor.id, since=since)
        return Reading(
            asked_24h=asked, glass_open=has_open_glass(connection, actor.id, self._policy.numbers, now)
        )
