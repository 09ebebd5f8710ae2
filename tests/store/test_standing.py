"""Tests of the forms in which the house's knowledge of a person reaches the rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from audit.entry import Actor
from identity.people import Person
from identity.roster import read_roster
from policies.fact_groups import Moment
from policies.fact_groups import Person as PersonFacts
from runtime.clock import rfc3339
from store.standing import (
    address_line,
    console_session,
    idle_days,
    licensing_facts,
    moment_of,
    person_facts,
    service_facts,
)
from tests.installation import DATA, SATURDAY

PAPERS = read_roster((DATA / "roster.csv").read_bytes())[0]
DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)


def a_person(**changes: object) -> Person:
    """Return an agent who came with Saturday's roster and never signed in."""
    person = Person(
        id="5c1f0a52",
        username=PAPERS.licence,
        papers=PAPERS,
        roster_at=rfc3339(SATURDAY),
        listed=True,
        password_hash=None,
        factors_reset_at=None,
        last_sign_in_at=None,
        disabled=False,
        joined_at=None,
    )
    return replace(person, **changes)  # type: ignore[arg-type]  # each test gives what fits


@pytest.mark.parametrize(
    ("now", "today"),
    [
        (datetime(2026, 11, 21, 7, 59, 59, 999999, tzinfo=UTC), date(2026, 11, 20)),
        (datetime(2026, 11, 21, 8, tzinfo=UTC), date(2026, 11, 21)),
        (datetime(2026, 7, 1, 7, tzinfo=UTC), date(2026, 7, 1)),
    ],
)
def test_a_moment_has_californias_day(now: datetime, today: date) -> None:
    """The gate's now is whole seconds, and the day in California."""
    assert Moment(now=int(now.timestamp()), today=today.toordinal()) == moment_of(now)


def test_idle_days_are_whole_ones() -> None:
    """Days without a sign-in count from the last one, and from the roster for who never did."""
    signed_in = a_person(last_sign_in_at=rfc3339(SATURDAY + 10 * DAY))
    assert [0, 0, 1, 60] == [
        idle_days(a_person(), now)
        for now in (SATURDAY, SATURDAY + DAY - MICROSECOND, SATURDAY + DAY, SATURDAY + 60 * DAY)
    ]
    assert 50 == idle_days(signed_in, SATURDAY + 60 * DAY)


def test_a_disabled_person_is_said_to_be() -> None:
    """Role and disablement are the person's own; who is in the roster no more has left."""
    expected = PersonFacts(role="agent", disabled=True, idle_days=0, recorded=False)
    assert expected == person_facts(a_person(disabled=True), SATURDAY)
    assert expected == person_facts(a_person(listed=False), SATURDAY)


def test_a_service_is_neither_idle_nor_disabled() -> None:
    """The service has its role and neutral values."""
    actor = Actor(kind="service", id="worker", role="service")
    assert PersonFacts(role="service", disabled=False, idle_days=0, recorded=False) == service_facts(actor)


@pytest.mark.parametrize(
    ("changed_on", "end_of_day"),
    [
        (date(2026, 11, 20), datetime(2026, 11, 21, 7, 59, 59, tzinfo=UTC)),
        (date(2026, 7, 1), datetime(2026, 7, 2, 6, 59, 59, tzinfo=UTC)),
        (date(2026, 11, 1), datetime(2026, 11, 2, 7, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_changed_address_counts_from_the_end_of_its_day(changed_on: date, end_of_day: datetime) -> None:
    """The roster knows the day of a change, so the hold counts from that day's end in California."""
    person = a_person(papers=replace(PAPERS, email_changed_on=changed_on))
    assert int(end_of_day.timestamp()) == licensing_facts(person, SATURDAY).address_changed_at


def test_a_reset_factor_is_remembered() -> None:
    """A reset counts from its moment; where there never was one, it is 0."""
    reset = a_person(factors_reset_at=rfc3339(SATURDAY))
    assert int(SATURDAY.timestamp()) == licensing_facts(reset, SATURDAY).factors_reset_at
    assert 0 == licensing_facts(a_person(), SATURDAY).factors_reset_at


def test_a_roster_ages_by_whole_days() -> None:
    """The roster's age is the whole days since this person stood in one."""
    moments = (SATURDAY + 8 * DAY - MICROSECOND, SATURDAY + 8 * DAY)
    assert [7, 8] == [licensing_facts(a_person(), now).roster_age_days for now in moments]


def test_the_console_is_always_fresh() -> None:
    """The operator's console has the facts of one session that just began."""
    session = console_session()
    assert (True, 1, True) == (session.current, session.open_sessions, session.mfa)
    assert {0} == {
        session.idle_seconds,
        session.age_seconds,
        session.mfa_age_seconds,
        session.failed_factors,
    }


def test_a_recipient_is_name_title_and_business_address() -> None:
    """The accounting of disclosures says who had it, as Civil Code 1798.25 wants."""
    assert {
        "name": "Christine Wells",
        "title": "Licensed Insurance Agent",
        "address": "361 Hickman Overpass Apt. 744, Carlside, CA",
    } == address_line(PAPERS)
