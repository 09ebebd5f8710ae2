"""The groups that facts are made of, each about one thing: a person, a session, a snapshot to open.

Those of a snapshot to make stand in `snapshot_groups.py`; the laws hold for both.

Laws: no field is optional and none has a default, so that a source that forgets a fact does not
type-check; where a fact does not apply to someone, the source gives the neutral value that the
group's docstring names.

Forms: moments are seconds since 1970 (UTC); days are `date.toordinal()` of the day in
America/Los_Angeles, so that a date counts through its Pacific day; ages in days are whole days
elapsed; counts are counts *before* the thing that is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Moment:
    """The gate's now: epoch seconds, and the Pacific day that it falls on."""

    now: int
    today: int


@dataclass(frozen=True, kw_only=True)
class Person:
    """For whom the thing is done: the actor, or, where a service acts, who asked for the export.

    `idle_days` counts from the last sign-in (from the enrolment if there was none). For the service
    itself and for the operator's console: `disabled` False, `idle_days` 0.

    `disabled`: the account was closed, or the newest roster lists the agent no more.

    `recorded`: the records of everybody concerned (the actor, whom the action is about, who asked for
    the export, the agent whose book it is) are as the ledger last took them down.
    """

    role: str
    disabled: bool
    idle_days: int
    recorded: bool


@dataclass(frozen=True, kw_only=True)
class Licensing:
    """What the roster and the person's own record say of an agent's standing.

    `address_changed_at` and `factors_reset_at` are 0 where that never happened; a first enrolment
    is no reset. `roster_age_days` counts from the newest roster's import. Who is no agent has no
    papers: empty texts and days of the year 1, which no rule takes for valid.
    """

    licence: str
    licence_status: str
    licence_expires_day: int
    certification_status: str
    certified_day: int
    agreement_version: str
    agreement_signed_day: int
    training_day: int
    attested_day: int
    address_changed_at: int
    factors_reset_at: int
    roster_age_days: int


@dataclass(frozen=True, kw_only=True)
class Session:
    """The session that asks.

    `current`: it is open and the person's newest; `mfa_age_seconds` since the last second factor
    (sign-in counts); `failed_factors` within the lock's window.
    """

    current: bool
    open_sessions: int
    idle_seconds: int
    age_seconds: int
    mfa: bool
    mfa_age_seconds: int
    failed_factors: int


@dataclass(frozen=True, kw_only=True)
class Subject:
    """The agent whose consumers are in question: `Person` in their own right, or one of the same agency."""

    licence: str
    is_actor: bool
    same_agency: bool


@dataclass(frozen=True, kw_only=True)
class Request:
    """What was asked for: a purpose of `columns.toml`, channel `link` or `email`, a profile."""

    purpose: str
    channel: str
    profile: str
    acknowledged: bool


@dataclass(frozen=True, kw_only=True)
class ExportQuota:
    """Exports requested for this agent in the last 24 hours."""

    exports_24h: int


@dataclass(frozen=True, kw_only=True)
class Columns:
    """The columns to build: all known to the catalogue, all allowed by the request's profile."""

    known: bool
    in_profile: bool


@dataclass(frozen=True, kw_only=True)
class Holding:
    """Licence of the agent to whom the consumers that would be opened are delegated.

    As the published snapshot (BuildBook, ViewConsumers) or the stored export (the others) says.
    """

    agent: str


@dataclass(frozen=True, kw_only=True)
class Freshness:
    """The snapshot that would be opened.

    `as_of_is_cutoff`: its as-of moment is a Friday 21:00 in America/Los_Angeles;
    `agent_is_in_snapshot`: it holds at least one row actively delegated to the subject.
    """

    snapshot_published: bool
    snapshot_is_newest: bool
    snapshot_age_days: int
    as_of_is_cutoff: bool
    agent_is_in_snapshot: bool


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """The mail about to be sent: registered address, TLS required and verified, sealed payload."""

    recipient_is_registered: bool
    tls_required: bool
    payload_sealed: bool


@dataclass(frozen=True, kw_only=True)
class Releases:
    """Of this export, before now: passphrases shown, complete downloads."""

    reveals: int
    downloads: int


@dataclass(frozen=True, kw_only=True)
class Endings:
    """Of the built book: a feed said since that the delegation of a consumer in it has ended."""

    ended_since_built: bool


@dataclass(frozen=True, kw_only=True)
class Page:
    """A list page: rows asked for, and rows shown to this actor in the last 24 hours."""

    rows_asked: int
    rows_shown_24h: int


@dataclass(frozen=True, kw_only=True)
class Account:
    """The account that a sign-in names.

    For one that there isn't: `NO_ACCOUNT`.
    """

    known: bool
    disabled: bool
    idle_days: int
    recorded: bool
    password_ok: bool
    second_factor_ok: bool
    failed_factors: int


NO_ACCOUNT = Account(
    known=False,
    disabled=False,
    idle_days=0,
    recorded=True,
    password_ok=False,
    second_factor_ok=False,
    failed_factors=0,
)
"""What a sign-in names that is nobody's: no check holds, and nothing is counted of it."""


@dataclass(frozen=True, kw_only=True)
class Enrolment:
    """A second factor to make.

    `invited`: the person shows an approved and unspent invitation in its time; `demo`: it is a
    demo's console that asks.
    """

    known: bool
    invited: bool
    demo: bool


@dataclass(frozen=True, kw_only=True)
class Approval:
    """An invitation to approve.

    `is_open`: neither approved nor over; `is_second_person`: who approves neither sent it nor is
    invited by it. Where the console sent it, whose operator isn't known by name, that is a
    reviewer, and an operator for a reviewer's own invitation only.
    """

    is_open: bool
    is_second_person: bool


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How often a reviewer looked up such a thing in the last 24 hours; whether their glass is broken.

    At the operator's console, whose person isn't known by name, `asked_24h` is 0.
    """

    asked_24h: int
    glass_open: bool


@dataclass(frozen=True, kw_only=True)
class Review:
    """A review of the log that is attested: `own` where the same person attested the last one, too.

    Of a look that attests nothing: `attests` False, `own` False.
    """

    attests: bool
    own: bool


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A policy set to approve.

    `known`: it was proposed, or came with the program; `founding`: it came with the program, and no
    set that this version obeys was adopted; `approved_by_actor`: the same person approved it before.
    """

    known: bool
    in_force: bool
    founding: bool
    approved_by_actor: bool


@dataclass(frozen=True, kw_only=True)
class Glass:
    """A glass to break, or, as the second person, to agree to.

    `waiting`: nobody agreed yet and its time isn't over; `own`: who agrees is who asked. Of a glass
    that is only being asked for: `waiting` True, `own` False.
    """

    reason_known: bool
    waiting: bool
    own: bool


@dataclass(frozen=True, kw_only=True)
class Lock:
    """A lock to release: the person is locked now, and isn't the one who releases."""

    locked: bool
    own: bool


@dataclass(frozen=True, kw_only=True)
class Destruction:
    """`due`: every named object belongs to something that ended, was superseded or outlived its term."""

    due: bool
