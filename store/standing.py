"""What the house knows of a person, in the forms that the rules ask for."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypedDict

from sqlalchemy import Connection

from audit.counts import count_entries, count_for_reason
from audit.entry import Actor
from audit.events import Event, Outcome
from audit.lookups import entries_of
from identity.people import Papers, Person
from policies.actions import Action
from policies.fact_groups import NO_ACCOUNT, Account, Licensing, Moment, Session
from policies.fact_groups import Person as PersonFacts
from policies.numbers import Numbers
from runtime.clock import PACIFIC, pacific_day, parse_rfc3339, rfc3339
from store.people import PersonNotFoundError, person_by_id
from store.sessions import count_open, find_session

_DAY = timedelta(days=1)
_NO_SESSION_AGE = 10**9
LOCKED = "locked"
"""Why a sign-in was refused that came while the account was locked."""
SECOND_FACTORS = frozenset({"otp", "hwk"})
"""Ways to sign in that are a second factor (RFC 8176)."""


def moment_of(now: datetime) -> Moment:
    """Return the gate's now: epoch seconds and the Pacific day."""
    return Moment(now=int(now.timestamp()), today=pacific_day(now).toordinal())


def person_facts(person: Person, now: datetime) -> PersonFacts:
    """Return who somebody is, not compared yet; idle days count from the last sign-in, or from joining.

    An agent whom the roster lists no more has left; they may sign in and are told so.
    """
    return PersonFacts(
        role=person.role.value,
        disabled=person.disabled or not person.listed,
        idle_days=idle_days(person, now),
        recorded=False,
    )


def idle_days(person: Person, now: datetime) -> int:
    """Return the whole days since a person last signed in or joined (or came with a roster).

    A fresh invitation opens an idle account again: joining counts from the day of joining.
    """
    was_here = max(filter(None, (person.last_sign_in_at, person.joined_at)), default=person.roster_at)
    return (now - parse_rfc3339(was_here)) // _DAY


def account_facts(
    connection: Connection,
    person: str,
    numbers: Numbers,
    now: datetime,
    *,
    password_ok: bool,
    second_factor_ok: bool,
) -> Account:
    """Return the facts of the account that a sign-in names; of an unknown one no check holds."""
    try:
        found = person_by_id(connection, person)
    except PersonNotFoundError:
        return NO_ACCOUNT
    return Account(
        known=found.password_hash is not None,
        disabled=found.disabled,
        idle_days=idle_days(found, now),
        recorded=False,
        password_ok=password_ok,
        second_factor_ok=second_factor_ok,
        failed_factors=failed_factors(connection, person, numbers, now),
    )


def service_facts(actor: Actor) -> PersonFacts:
    """Return the neutral facts of the service itself and of the operator's console."""
    return PersonFacts(role=actor.role, disabled=False, idle_days=0, recorded=False)


def licensing_facts(person: Person, now: datetime) -> Licensing:
    """Return an agent's papers; a changed address counts from the end of its Pacific day."""
    papers = person.papers
    reset = parse_rfc3339(person.factors_reset_at) if person.factors_reset_at else None
    return Licensing(
        licence=papers.licence,
        licence_status=papers.licence_status,
        licence_expires_day=papers.licence_expires_on.toordinal(),
        certification_status=papers.certification_status,
        certified_day=papers.certified_on.toordinal(),
        agreement_version=papers.agreement_version,
        agreement_signed_day=papers.agreement_signed_on.toordinal(),
        training_day=papers.training_completed_on.toordinal(),
        attested_day=papers.attested_on.toordinal(),
        address_changed_at=_end_of_day(papers.email_changed_on),
        factors_reset_at=int(reset.timestamp()) if reset else 0,
        roster_age_days=(now - parse_rfc3339(person.roster_at)) // _DAY,
    )


def hold_end(person: Person, numbers: Numbers) -> datetime | None:
    """Return when the hold of rule R38 ends or ended; None where neither address nor factor changed."""
    changes = [parse_rfc3339(person.factors_reset_at)] if person.factors_reset_at else []
    if person.is_agent:
        changes.append(datetime.fromtimestamp(_end_of_day(person.papers.email_changed_on), UTC))
    return max(changes) + timedelta(seconds=numbers.hold_seconds) if changes else None


def session_facts(connection: Connection, actor: Actor, numbers: Numbers, now: datetime) -> Session:
    """Return the facts of the session that asks; an unknown one is as old as can be."""
    session = find_session(connection, actor.session) if actor.session else None
    if session is None or session.ended_at is not None or session.person != actor.id:
        return Session(
            current=False,
            open_sessions=count_open(connection, actor.id),
            idle_seconds=_NO_SESSION_AGE,
            age_seconds=_NO_SESSION_AGE,
            mfa=False,
            mfa_age_seconds=_NO_SESSION_AGE,
            failed_factors=failed_factors(connection, actor.id, numbers, now),
        )
    return Session(
        current=True,
        open_sessions=count_open(connection, actor.id),
        idle_seconds=_seconds_since(session.used_at, now),
        age_seconds=_seconds_since(session.created_at, now),
        mfa=SECOND_FACTORS & set(actor.amr) != set(),
        mfa_age_seconds=_seconds_since(session.mfa_at, now),
        failed_factors=failed_factors(connection, actor.id, numbers, now),
    )


def console_session() -> Session:
    """Return the session facts of the operator's console, where there is no session."""
    return Session(
        current=True,
        open_sessions=1,
        idle_seconds=0,
        age_seconds=0,
        mfa=True,
        mfa_age_seconds=0,
        failed_factors=0,
    )


class Asker(TypedDict):
    """Who asks, and by which session."""

    person: PersonFacts
    session: Session


def who_asks(connection: Connection, actor: Actor, numbers: Numbers, now: datetime) -> Asker:
    """Return the facts of a person with a session, or of the operator's console."""
    if actor.kind == "operator":
        return {"person": service_facts(actor), "session": console_session()}
    return {
        "person": person_facts(person_by_id(connection, actor.id), now),
        "session": session_facts(connection, actor, numbers, now),
    }


def failed_factors(connection: Connection, person: str, numbers: Numbers, now: datetime) -> int:
    """Return how often a person's sign-in failed within the lock's window, since their last release.

    What was refused because the sign-in was locked doesn't count, so that trying doesn't prolong it.
    """
    since = rfc3339(now - timedelta(seconds=numbers.failed_factors_window_seconds))
    failed = _failures(connection, person, since)
    if failed < numbers.failed_factors_before_lock:
        # Nobody releases who isn't locked.
        return failed
    released = entries_of(
        connection, action=Action.RELEASE_LOCK.value, events={Event.LOCK_RELEASED}, since=since
    )
    own = [one.index for one in released if one.entry.resource.id == person]
    return _failures(connection, person, since, after=max(own)) if own else failed


def _failures(connection: Connection, person: str, since: str, after: int | None = None) -> int:
    refused: Any = {"event": Event.SESSION_REQUESTED, "outcome": Outcome.REFUSE, "actor": person}
    refused |= {"since": since, "after": after}
    failed = count_entries(connection, **refused)
    return failed - count_for_reason(connection, reason=LOCKED, **refused) if failed else 0


def address_line(papers: Papers) -> dict[str, str]:
    """Return what the accounting of disclosures says of a recipient (Civil Code 1798.25)."""
    return {"name": papers.name, "title": papers.title, "address": papers.business_address}


def _seconds_since(moment: str, now: datetime) -> int:
    return int((now - parse_rfc3339(moment)).total_seconds())


def _end_of_day(day: date) -> int:
    end = datetime.combine(day, time(23, 59, 59), tzinfo=PACIFIC)
    return int(end.astimezone(UTC).timestamp())
