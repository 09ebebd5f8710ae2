"""The gate: decides, records, and only then grants.

Laws
1. `Gate.transaction` is the one transaction open. Inside it stand the decision, the state
   change (in a savepoint) and the entries; the chain lock is taken last, at the end.
2. A Grant exists only after COMMIT.
3. A refusal rolls the state change back and commits its own entry; then it is raised.
4. When the entry can't be recorded, nothing happened: UnrecordableError, and no access.
5. Callers hand over who and what (`Who`, `Ask`), never facts. Facts come from one source.
6. While a guard halts the gate nothing is released: HaltedError (`guard.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from audit.entry import Draft, Resource, SameBatch
from audit.errors import LedgerError
from audit.events import Event, Outcome
from audit.inputs import InputsError, canonical_facts, facts_digest, keep_inputs
from audit.ledger import Ledger, Recorded
from audit.shown import keep_shown
from policies.actions import EVENT_OF, LIFE_OF, Action
from policies.asking import (
    Ask,
    Bound,
    FactSource,
    HaltedError,
    OutOfForceError,
    RefusedError,
    UnrecordableError,
    Who,
)
from policies.columns import columns_digest
from policies.decide import Decision, decide_context, with_numbers
from policies.facts import to_context
from policies.grant import Grant
from policies.guard import RELEASING, Guard
from policies.rules import PolicySet
from runtime.clock import Clock, rfc3339

__all__ = [
    "Ask",
    "Bound",
    "FactSource",
    "Gate",
    "HaltedError",
    "OutOfForceError",
    "Pending",
    "Position",
    "RefusedError",
    "Transaction",
    "UnrecordableError",
    "Who",
]

_Kept = TypeVar("_Kept")
_SHOWS_ROWS = frozenset({Action.BUILD_BOOK, Action.VIEW_CONSUMERS})


class Position:
    """The place of an entry that this transaction will append; `index` exists after COMMIT."""

    def __init__(self, position: int, salt: str) -> None:
        self.position = position
        self.salt = salt
        self._recorded: Recorded | None = None

    @property
    def index(self) -> int:
        """The entry's index in the ledger."""
        if self._recorded is None:
            raise UnrecordableError("an entry has no index before its transaction is committed")
        return self._recorded.index


class Pending(Position):
    """A permit that isn't committed yet; `grant()` works after COMMIT."""

    def __init__(self, position: int, salt: str, bound: Bound, made: Grant) -> None:
        super().__init__(position, salt)
        self.bound = bound
        self._made = made

    def grant(self) -> Grant:
        """Return the Grant; an error while the permit isn't committed."""
        made = self._made
        return Grant(
            **{name: getattr(made, name) for name in made.__dataclass_fields__} | {"index": self.index}
        )


class Transaction:
    """One transaction of the gate, as its caller sees it."""

    def __init__(self, gate: Gate, connection: Connection, who: Who, now: datetime) -> None:
        self.gate = gate
        self.connection = connection
        self.who = who
        self.now = now
        self.drafts: list[Draft] = []
        self.inputs: dict[str, str] = {}
        self.shown: dict[str, bytes] = {}
        self.positions: list[Position] = []

    def decide(self, ask: Ask) -> Pending:
        """Decide and record: the pending permit, or RefusedError."""
        gate = self.gate
        if gate.only is not None and ask.action not in gate.only:
            raise OutOfForceError
        if gate.guard is not None and ask.action in RELEASING:
            halted_by = gate.guard.halted_by(self.connection, self.now)
            if halted_by:
                raise HaltedError(f"nothing is released just now: {', '.join(sorted(halted_by))}")
        facts, bound = gate.source.look_up(self.connection, self.who.actor, ask, self.now)
        context = to_context(facts)
        decision = decide_context(
            gate.policy, ask.action, self.who.actor.role, with_numbers(gate.policy, context)
        )
        shown = bound.profile if decision.permitted and ask.action in _SHOWS_ROWS else None
        columns = gate.policy.catalogue.names(shown) if shown else ()
        expires_at = self.now + timedelta(seconds=LIFE_OF[ask.action])
        draft = self._decision_draft(ask, bound, decision, columns, expires_at)
        draft = self._with_inputs(draft, context)
        if not decision.permitted:
            raise RefusedError(ask.action, decision.rules, draft)
        grant = Grant(
            action=ask.action,
            actor=self.who.actor,
            resource=ask.resource,
            index=-1,
            expires_at=expires_at,
            columns=columns,
            profile=bound.profile,
            purpose=bound.purpose,
            channel=bound.channel,
            agent=bound.agent,
            export=bound.export,
            fencing=bound.fencing,
            snapshot=bound.snapshot,
            objects=bound.objects,
        )
        pending = Pending(len(self.drafts), draft.salt, bound, grant)
        self.drafts.append(draft)
        self.positions.append(pending)
        return pending

    def record(
        self,
        event: Event,
        action: str,
        resource: Resource,
        *,
        because: Position | Grant | int | None = None,
        outcome: Outcome = Outcome.DONE,
        **fields: Any,
    ) -> Position:
        """Record what happens in this transaction; fields as in `audit.entry.Draft`."""
        draft = Draft(
            event=event,
            outcome=outcome,
            actor=self.who.actor,
            client=self.who.client,
            action=str(action),
            resource=resource,
            because=self._because(because),
            **fields,
        )
        position = Position(len(self.drafts), draft.salt)
        self.drafts.append(draft)
        self.positions.append(position)
        return position

    def keep_shown(self, position: Position, packed: bytes) -> None:
        """Keep whom an entry of this transaction shows, beside it; see `audit/shown.py`."""
        self.shown[position.salt] = packed

    def keep_beside(self, recorded: Sequence[Recorded]) -> None:
        """Keep the facts of the decisions among the entries, and whom entries show, beside them."""
        keep_inputs(self.connection, _by_index(self.inputs, recorded))
        keep_shown(self.connection, _by_index(self.shown, recorded))

    def _because(self, because: Position | Grant | int | None) -> int | SameBatch | None:
        if isinstance(because, Position):
            mine = because.position < len(self.positions) and self.positions[because.position] is because
            return SameBatch(position=because.position) if mine else because.index
        return because.index if isinstance(because, Grant) else because

    def _with_inputs(self, draft: Draft, context: Mapping[str, Any]) -> Draft:
        try:
            canonical = canonical_facts(context)
        except InputsError as error:
            raise UnrecordableError(str(error)) from None
        self.inputs[draft.salt] = canonical
        return replace(draft, facts=facts_digest(draft.salt, canonical))

    def _decision_draft(
        self, ask: Ask, bound: Bound, decision: Decision, columns: tuple[str, ...], expires_at: datetime
    ) -> Draft:
        return Draft(
            event=EVENT_OF[ask.action],
            outcome=decision.outcome,
            actor=self.who.actor,
            client=self.who.client,
            action=ask.action.value,
            resource=ask.resource,
            rules=tuple(rule.id for rule in decision.rules),
            policy=self.gate.policy.digest,
            expires=rfc3339(expires_at) if decision.permitted else None,
            purpose=bound.purpose,
            agent=bound.agent,
            export=bound.export,
            channel=bound.channel,
            fencing=bound.fencing,
            snapshot=bound.snapshot,
            objects=bound.objects or None,
            recipient=bound.recipient,
            reason=bound.reason,
            columns_digest=columns_digest(columns, bound.profile or "") if columns else None,
        )


def _by_index(kept: Mapping[str, _Kept], recorded: Sequence[Recorded]) -> dict[int, _Kept]:
    """Return what is kept by entries' salts by their indices; what belongs to none of them is left out."""
    return {one.index: kept[one.entry.salt] for one in recorded if one.entry.salt in kept}


class Gate:
    """Opens the house's transactions under one policy set; holds no state between them.

    `only` are the actions that can be asked for while no policy set is in force; None where one is.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        policy: PolicySet,
        source: FactSource,
        guard: Guard | None = None,
        *,
        only: frozenset[Action] | None = None,
    ) -> None:
        self.engine = engine
        self.clock = clock
        self.policy = policy
        self.source = source
        self.guard = guard
        self.only = only
        self._ledger = Ledger(clock)

    @contextmanager
    def transaction(self, who: Who) -> Iterator[Transaction]:
        """Hold the one transaction; see the laws above.

        Raises RefusedError (recorded) and UnrecordableError (nothing happened).
        """
        refusal: RefusedError | None = None
        try:
            with self.engine.begin() as connection:
                self.source.lock(connection, who.actor)
                transaction = Transaction(self, connection, who, self.clock.now())
                savepoint = connection.begin_nested()
                try:
                    yield transaction
                except RefusedError as refused:
                    savepoint.rollback()
                    recorded = self._ledger.append(connection, [refused.draft])
                    transaction.keep_beside(recorded)
                    refusal = refused
                else:
                    savepoint.commit()
                    recorded = (
                        self._ledger.append(connection, transaction.drafts) if transaction.drafts else []
                    )
                    transaction.keep_beside(recorded)
        except (SQLAlchemyError, LedgerError) as error:
            raise UnrecordableError(f"the ledger can't record ({type(error).__name__})") from None
        if refusal is not None:
            refusal.decision = recorded[0].index
            raise refusal
        for position, entry in zip(transaction.positions, recorded, strict=True):
            position._recorded = entry  # noqa: SLF001 - the gate alone settles positions
