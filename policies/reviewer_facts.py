"""What must be known before something that reviewers do, or a key's change, is decided."""

from __future__ import annotations

from dataclasses import dataclass

from policies.fact_groups import Candidate, Glass, Lock, Person, Reading, Review, Session


@dataclass(frozen=True, kw_only=True)
class ReadLedgerFacts:
    """ReadLedger.

    At the operator's console, where no session exists, the source gives a fresh one: `current` and
    `mfa` True, `open_sessions` 1, everything else 0.
    """

    person: Person
    session: Session
    reading: Reading
    review: Review


@dataclass(frozen=True, kw_only=True)
class FindConsumerFacts:
    """FindConsumer."""

    person: Person
    session: Session
    reading: Reading


@dataclass(frozen=True, kw_only=True)
class TraceBookFacts:
    """TraceBook."""

    person: Person
    session: Session


@dataclass(frozen=True, kw_only=True)
class ApprovePolicyFacts:
    """ApprovePolicy."""

    person: Person
    session: Session
    candidate: Candidate


@dataclass(frozen=True, kw_only=True)
class BreakGlassFacts:
    """BreakGlass, by the one who asks and by the one who agrees."""

    person: Person
    session: Session
    glass: Glass


@dataclass(frozen=True, kw_only=True)
class ReleaseLockFacts:
    """ReleaseLock."""

    person: Person
    session: Session
    lock: Lock


@dataclass(frozen=True, kw_only=True)
class RotateKeyFacts:
    """RotateKey."""

    person: Person
