"""One export from accepted to sent: the walks "By mail" and "By link", knowing no queue.

Laws
1. Every step is safe to die at. What is committed is taken up by the next claim; what isn't
   was never released. `reached` is told of each crossing after it lies behind us.
2. Every write proves the claim's fencing token, so a worker that was thought dead changes
   nothing when it comes back.
3. A build that died leaves a key that no entry names; the sweep destroys it.
4. After `sending` is committed nothing is tried again by itself: a lost answer is `unknown`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from audit.events import Event
from exports.errors import LostClaimError
from exports.export import Claim, Export
from exports.states import Reason, State, Step
from house.wiring import WorkerHouse
from policies.actions import Action
from policies.gate import Ask, Pending, RefusedError, Transaction
from runtime.clock import parse_rfc3339
from runtime.database import writing
from snapshot.published import PublishedSnapshot, newest_published
from store.destruction import note_permitted
from store.exports import (
    claim_export,
    export_by_id,
    move_export,
    note_stage,
    put_off,
    release_claim,
)
from store.releases import note_received
from worker.building import build_book
from worker.ends import EndedError, PutOffError
from worker.lease import held
from worker.notifying import send_notice
from worker.sending import send_by_mail
from worker.service import SERVICE, resource_of

Reached = Callable[[str, Step], None]
"""Told of each crossing of an export after it lies behind."""

MOST_CLAIMS = 20
_FIRST_WAIT_SECONDS = 15
_LONGEST_WAIT_SECONDS = 1800


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A claimed export: with a permit and its snapshot when the book is still to be built."""

    claim: Claim
    by_link: bool
    permit: Pending | None = None
    snapshot: PublishedSnapshot | None = None


class Pipeline:
    """Carries exports on. One a process; holds no state between them."""

    def __init__(self, house: WorkerHouse, reached: Reached | None = None) -> None:
        self._house = house
        self._lease_seconds = house.settings.lease_seconds
        self._reached = reached or (lambda _export, _step: None)

    def advance(self, export: str) -> None:
        """Take an export up and carry it as far as it goes now; nothing when it is held."""
        log = structlog.get_logger().bind(export=export)
        try:
            taken = self._take(export)
            if taken is not None:
                with held(self._house.engine, self._house.clock, taken.claim, self._lease_seconds):
                    self._carry(taken)
        except RefusedError as refused:
            log.info("export.refused", rule=refused.rules[0].id, decision=refused.decision)
            self._end_refused(export, refused)
        except LostClaimError:
            log.info("claim.lost")

    def _take(self, export: str) -> Taken | None:
        """Claim an export and decide what it needs: a book, sending only, or an end."""
        with self._house.gate.transaction(SERVICE) as tx:
            claim = claim_export(tx.connection, export, self._house.owner, tx.now, self._lease_seconds)
            if claim is None:
                return None
            if claim.state is State.SENDING:
                # Whoever had it died between `sending` and the answer: nobody knows.
                self._record_end(tx, claim, State.UNKNOWN, Reason.MAIL_ANSWER_LOST)
                return None
            by_link = export_by_id(tx.connection, export).channel == "link"
            if claim.fencing > MOST_CLAIMS:
                if by_link and claim.state is State.BUILT:
                    self._put_off(tx, claim, Reason.TOO_MANY_TRIES, is_final=True)
                else:
                    self._record_end(tx, claim, State.FAILED, Reason.TOO_MANY_TRIES)
                return None
            if claim.state is State.BUILT:
                return Taken(claim=claim, by_link=by_link)
            claims = {"fencing": claim.fencing}
            ask = Ask(action=Action.BUILD_BOOK, resource=resource_of(export), claims=claims)
            permit = tx.decide(ask)
            note_permitted(tx.connection, export, claim.fencing, tx.now)
            snapshot = newest_published(tx.connection)
            return Taken(claim=claim, by_link=by_link, permit=permit, snapshot=snapshot)

    def _carry(self, taken: Taken) -> None:
        claim = taken.claim

        def reached(step: Step) -> None:
            self._step(claim, step)

        try:
            if taken.permit is not None and taken.snapshot is not None:
                reached(Step.PERMITTED)
                build_book(self._house, claim, taken.permit.grant(), taken.snapshot, reached)
            send = send_notice if taken.by_link else send_by_mail
            send(self._house, claim, reached)
        except PutOffError as put:
            self._wait(claim, put.reason, is_final=put.is_final)
        except EndedError as ended:
            self._end(claim, ended.state, ended.reason)
        except RefusedError as refused:
            self._end(claim, State.FAILED, Reason.REFUSED_BY_RULE, because=refused.decision)

    def _step(self, claim: Claim, step: Step) -> None:
        with writing(self._house.engine) as connection:
            note_stage(connection, claim, step)
        structlog.get_logger().info("step.reached", export=claim.export, step=step.value)
        self._reached(claim.export, step)

    def _wait(self, claim: Claim, reason: Reason, *, is_final: bool) -> None:
        """Put an export off: nothing was handed over."""
        with self._house.gate.transaction(SERVICE) as tx:
            self._put_off(tx, claim, reason, is_final=is_final)

    def _put_off(self, tx: Transaction, claim: Claim, reason: Reason, *, is_final: bool) -> None:
        export = export_by_id(tx.connection, claim.export)
        state = export.state
        if state is State.SENDING:
            state = State.BUILT
            move_export(tx.connection, claim, State.SENDING, state)
        seconds = min(_FIRST_WAIT_SECONDS * 2**export.tries, _LONGEST_WAIT_SECONDS)
        again = tx.now + timedelta(seconds=seconds)
        if is_final and export.expires_at:
            again = parse_rfc3339(export.expires_at)
        put_off(tx.connection, claim, again, reason)
        tx.record(
            Event.EXPORT_DEFERRED,
            _action_of(export),
            resource_of(claim.export),
            agent=export.agent,
            export=claim.export,
            fencing=claim.fencing,
            state=state.value,
            reason=reason.value,
        )

    def _end(self, claim: Claim, state: State, reason: Reason, because: int | None = None) -> None:
        with self._house.gate.transaction(SERVICE) as tx:
            self._record_end(tx, claim, state, reason, because)

    def _end_refused(self, export: str, refused: RefusedError) -> None:
        """End an export whose build a rule refused; its claim was rolled back with the refusal."""
        with self._house.gate.transaction(SERVICE) as tx:
            claim = claim_export(tx.connection, export, self._house.owner, tx.now, self._lease_seconds)
            if claim is not None:
                self._record_end(tx, claim, State.FAILED, Reason.REFUSED_BY_RULE, refused.decision)

    def _record_end(
        self, tx: Transaction, claim: Claim, state: State, reason: Reason, because: int | None = None
    ) -> None:
        export = export_by_id(tx.connection, claim.export)
        move_export(tx.connection, claim, export.state, state, reason=reason.value)
        release_claim(tx.connection, claim)
        tx.record(
            Event.EXPORT_UNKNOWN if state is State.UNKNOWN else Event.EXPORT_FAILED,
            _action_of(export),
            resource_of(claim.export),
            because=because,
            agent=export.agent,
            export=claim.export,
            fencing=claim.fencing,
            state=state.value,
            reason=reason.value,
        )
        if state is State.UNKNOWN:
            note_received(tx.connection, claim.export)


def _action_of(export: Export) -> Action:
    """Return what an export was at: its book, or handing it over. A notice hands nothing over."""
    is_mailed = export.state is not State.ACCEPTED and export.channel == "email"
    return Action.SEND_BOOK if is_mailed else Action.BUILD_BOOK
