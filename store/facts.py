"""The gate's one source of facts: what the house itself remembers, looked up at the decision.

Law: what an asker says reaches a rule only as a claim about their own request (purpose,
acknowledgement, the outcome of a check that the door just made); everything else is read
here, under the lock on the actor, in the gate's transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from audit.counts import count_entries
from audit.entry import Actor
from audit.events import Event, Outcome
from policies.actions import Action
from policies.columns import Profile
from policies.fact_groups import (
    Columns,
    Delivery,
    ExportQuota,
    Freshness,
    Holding,
    Request,
)
from policies.facts import (
    BuildBookFacts,
    Facts,
    ImportSnapshotFacts,
    ManagePeopleFacts,
    PublishSnapshotFacts,
    RequestExportFacts,
    SendBookFacts,
    SignInFacts,
)
from policies.gate import Ask, Bound
from policies.rules import PolicySet
from runtime.clock import rfc3339
from runtime.database import hold
from store.attendance import hold_snapshot_facts
from store.destroying import destroy_object_facts
from store.handing_over import hand_over_facts, revoke_export_facts
from store.joining import approve_person_facts, enrol_factor_facts
from store.people import person_by_id
from store.requested import (
    bound_to_built,
    endings_of,
    export_and_requester,
    profile_for,
    recipient_digest,
    request_of,
    subject_of,
)
from store.reviewing import ReviewerFacts
from store.snapshot_source import SnapshotSource
from store.standing import (
    LOCKED,
    account_facts,
    licensing_facts,
    moment_of,
    person_facts,
    service_facts,
    session_facts,
)
from store.system_facts import SystemFacts, hold_actor
from store.viewing import view_consumers_facts

_DAY = timedelta(days=1)


class HouseFacts:
    """Looks facts up, by action."""

    def __init__(
        self,
        policy: PolicySet,
        snapshots: SnapshotSource,
        *,
        mode: str,
        orphan_seconds: float = 86400.0,
        outgrown: str | None = None,
    ) -> None:
        """`outgrown` is the digest of an adopted policy set that this version of the program can't obey."""
        self._policy = policy
        self._snapshots = snapshots
        self._mode = mode
        self._orphan_seconds = orphan_seconds
        reviewers = ReviewerFacts(policy, is_demo=mode == "demo", outgrown=outgrown)
        systems = SystemFacts(policy.numbers)
        self._loaders: dict[Action, Callable[[Connection, Actor, Ask, datetime], tuple[Facts, Bound]]] = {
            Action.SIGN_IN: self._sign_in,
            Action.REQUEST_EXPORT: self._request_export,
            Action.BUILD_BOOK: self._build_book,
            Action.SEND_BOOK: self._send_book,
            Action.DOWNLOAD_BOOK: self._hand_over,
            Action.REVEAL_PASSPHRASE: self._hand_over,
            Action.REVOKE_EXPORT: self._revoke_export,
            Action.VIEW_CONSUMERS: self._view_consumers,
            Action.IMPORT_SNAPSHOT: self._import_snapshot,
            Action.PUBLISH_SNAPSHOT: self._publish_snapshot,
            Action.ENROL_FACTOR: self._enrol_factor,
            Action.DESTROY_OBJECT: self._destroy_object,
            Action.MANAGE_PEOPLE: self._manage_people,
            Action.APPROVE_PERSON: self._approve_person,
            Action.READ_LEDGER: reviewers.read_ledger,
            Action.FIND_CONSUMER: reviewers.find_consumer,
            Action.TRACE_BOOK: reviewers.trace_book,
            Action.APPROVE_POLICY: reviewers.approve_policy,
            Action.BREAK_GLASS: reviewers.break_glass,
            Action.RELEASE_LOCK: reviewers.release_lock,
            Action.ROTATE_KEY: reviewers.rotate_key,
            Action.END_DELEGATIONS: systems.end_delegations,
            Action.MANAGE_KEYS: systems.manage_keys,
            Action.HOLD_SNAPSHOT: self._hold_snapshot,
        }

    def lock(self, connection: Connection, actor: Actor) -> None:
        """Hold the actor's row until the transaction ends."""
        hold_actor(connection, actor)

    def look_up(self, connection: Connection, actor: Actor, ask: Ask, now: datetime) -> tuple[Facts, Bound]:
        """Return the facts of now and what a permit would name."""
        return self._loaders[ask.action](connection, actor, ask, now)

    def _sign_in(self, connection: Connection, actor: Actor, ask: Ask, now: datetime) -> tuple[Facts, Bound]:
        account = account_facts(
            connection,
            actor.id,
            self._policy.numbers,
            now,
            password_ok=bool(ask.claims["password_ok"]),
            second_factor_ok=bool(ask.claims["second_factor_ok"]),
        )
        is_locked = account.failed_factors >= self._policy.numbers.failed_factors_before_lock
        return SignInFacts(account=account), Bound(reason=LOCKED if is_locked else None)

    def _request_export(
        self, connection: Connection, actor: Actor, ask: Ask, now: datetime
    ) -> tuple[Facts, Bound]:
        person = person_by_id(connection, actor.id)
        agent = ask.claims.get("agent") or person.papers.licence
        subject = subject_of(connection, person, agent)
        profile = profile_for(subject)
        # The quota is the agent's, whoever asks: a manager's request waits for the agent's own.
        hold(connection, f"agent:{agent}")
        since = rfc3339(now - _DAY)
        asked = count_entries(
            connection, event=Event.EXPORT_REQUESTED, outcome=Outcome.PERMIT, agent=agent, since=since
        )
        request = Request(
            purpose=ask.claims["purpose"],
            channel=ask.claims["channel"],
            profile=profile,
            acknowledged=bool(ask.claims["acknowledged"]),
        )
        facts = RequestExportFacts(
            moment=moment_of(now),
            person=person_facts(person, now),
            licensing=licensing_facts(person, now),
            session=session_facts(connection, actor, self._policy.numbers, now),
            subject=subject,
            request=request,
            quota=ExportQuota(exports_24h=asked),
        )
        bound = Bound(
            agent=agent or None,
            export=ask.resource.id,
            purpose=request.purpose,
            channel=request.channel,
            profile=profile,
        )
        return facts, bound

    def _build_book(
        self, connection: Connection, _actor: Actor, ask: Ask, now: datetime
    ) -> tuple[Facts, Bound]:
        export, person = export_and_requester(connection, ask)
        newest = self._snapshots.newest(connection)
        rows = self._snapshots.rows_of(connection, newest.ref.digest, export.agent) if newest else 0
        subject = subject_of(connection, person, export.agent)
        facts = BuildBookFacts(
            moment=moment_of(now),
            person=person_facts(person, now),
            licensing=licensing_facts(person, now),
            subject=subject,
            request=request_of(export),
            columns=Columns(
                known=export.profile in set(Profile),
                in_profile=export.profile == profile_for(subject),
            ),
            holding=Holding(agent=export.agent),
            freshness=Freshness(
                snapshot_published=newest is not None,
                snapshot_is_newest=newest is not None,
                snapshot_age_days=(now - newest.as_of) // _DAY if newest else 10**6,
                as_of_is_cutoff=newest is not None and newest.as_of_is_cutoff,
                agent_is_in_snapshot=rows > 0,
            ),
        )
        bound = Bound(
            agent=export.agent,
            export=export.id,
            purpose=export.purpose,
            profile=export.profile,
            fencing=ask.claims["fencing"],
            snapshot=newest.ref if newest else None,
            recipient=recipient_digest(person),
        )
        return facts, bound

    def _send_book(
        self, connection: Connection, _actor: Actor, ask: Ask, now: datetime
    ) -> tuple[Facts, Bound]:
        export, person = export_and_requester(connection, ask)
        facts = SendBookFacts(
            moment=moment_of(now),
            person=person_facts(person, now),
            licensing=licensing_facts(person, now),
            subject=subject_of(connection, person, export.agent),
            request=request_of(export),
            holding=Holding(agent=export.agent),
            delivery=Delivery(
                recipient_is_registered=ask.claims["recipient"] == person.papers.email,
                tls_required=bool(ask.claims["tls_verified"]),
                payload_sealed=export.book_digest is not None and export.built_fencing is not None,
            ),
            endings=endings_of(connection, export, self._snapshots),
        )
        return facts, bound_to_built(export, person)

    def _hand_over(
        self, connection: Connection, actor: Actor, ask: Ask, now: datetime
    ) -> tuple[Facts, Bound]:
        return hand_over_facts(connection, actor, ask, now, self._policy.numbers, self._snapshots)

    def _view_consumers(
        self, connection: Connection, actor: Actor, ask: Ask, now: datetime
    ) -> tuple[Facts, Bound]:
        return view_consumers_facts(connection, actor, ask, now, self._policy.numbers, self._snapshots)

    def _revoke_export(
        self, connection: Connection, actor: Actor, ask: Ask, now: datetime
    ) -> tuple[Facts, Bound]:
        return revoke_export_facts(connection, actor, ask, now, self._policy.numbers)

    def _import_snapshot(
        self, _connection: Connection, actor: Actor, ask: Ask, now: datetime
    ) -> tuple[Facts, Bound]:
        incoming = self._snapshots.incoming(ask.claims["as_of"], now)
        return ImportSnapshotFacts(person=service_facts(actor), incoming=incoming), Bound()

    def _publish_snapshot(
        self, connection: Connection, actor: Actor, ask: Ask, _now: datetime
    ) -> tuple[Facts, Bound]:
        reason: str | None = ask.claims.get("despite_drift")
        publication = self._snapshots.publication(
            connection, ask.resource.id, drift_accepted=reason is not None
        )
        facts = PublishSnapshotFacts(person=service_facts(actor), publication=publication)
        return facts, Bound(reason=reason)

    def _enrol_factor(
        self, connection: Connection, actor: Actor, ask: Ask, now: datetime
    ) -> tuple[Facts, Bound]:
        return enrol_factor_facts(connection, actor, ask, now, is_demo=self._mode == "demo"), Bound()

    def _approve_person(
        self, connection: Connection, actor: Actor, ask: Ask, now: datetime
    ) -> tuple[Facts, Bound]:
        return approve_person_facts(connection, actor, ask, now, self._policy.numbers), Bound()

    def _destroy_object(
        self, connection: Connection, actor: Actor, ask: Ask, now: datetime
    ) -> tuple[Facts, Bound]:
        return destroy_object_facts(
            connection, actor, ask, now, self._policy.numbers, self._snapshots, self._orphan_seconds
        )

    def _hold_snapshot(
        self, connection: Connection, actor: Actor, ask: Ask, now: datetime
    ) -> tuple[Facts, Bound]:
        return hold_snapshot_facts(connection, actor, ask, now, self._snapshots)

    def _manage_people(
        self, _connection: Connection, actor: Actor, _ask: Ask, _now: datetime
    ) -> tuple[Facts, Bound]:
        return ManagePeopleFacts(person=service_facts(actor)), Bound()
