"""Tests of the facts of sign-in, destruction and the console, looked up in a real installation."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from audit.entry import Actor, Resource
from policies.actions import Action
from policies.fact_groups import (
    Account,
)
from policies.gate import Ask, RefusedError, Who
from runtime.database import reading, writing
from store.destruction import book_object, note_permitted
from store.people import person_by_licence
from store.tables import exports
from tests.store.household import (
    AN_AGENT,
    FRESH_SESSION,
    SERVICE,
    Household,
)


def sign_in(household: Household, person: str, *, password: bool, factor: bool) -> Account:
    """Return the facts of a sign-in."""
    who = Who(actor=Actor(kind="person", id=person, role="agent"), client="127.0.0.1")
    resource = Resource(kind="person", id=person)
    claims = {"password_ok": password, "second_factor_ok": factor}
    account: Account = household.look_up(who, Action.SIGN_IN, resource, **claims)[0].account
    return account


def test_a_sign_in_sees_both_checks(household: Household) -> None:
    """SignIn sees a known account and what the door found of password and second factor."""
    for password, factor in ((True, True), (True, False), (False, True), (False, False)):
        assert Account(
            known=True,
            disabled=False,
            idle_days=0,
            recorded=True,
            password_ok=password,
            second_factor_ok=factor,
            failed_factors=0,
        ) == sign_in(household, household.agent.person.id, password=password, factor=factor)


def test_an_unknown_account_passes_no_check(household: Household) -> None:
    """Of nobody's account no check holds, whatever the door says; without a password it is unknown."""
    unknown = sign_in(household, "nobody", password=True, factor=True)
    assert (False, False, False) == (unknown.known, unknown.password_ok, unknown.second_factor_ok)
    with reading(household.home.api.engine) as connection:
        uninvited = person_by_licence(connection, "0E54140").id
    assert sign_in(household, uninvited, password=True, factor=True).known is False


def test_failed_sign_ins_count_by_the_ledger(household: Household) -> None:
    """Each refused sign-in of the last fifteen minutes counts, of this person alone."""
    person = household.home.enrol("0H60188").person.id
    who = Who(actor=Actor(kind="person", id=person, role="agent"), client="127.0.0.1")
    claims = {"password_ok": False, "second_factor_ok": False}
    ask = Ask(action=Action.SIGN_IN, resource=Resource(kind="person", id=person), claims=claims)
    for _ in range(2):
        with pytest.raises(RefusedError), household.home.api.gate.transaction(who) as tx:
            tx.decide(ask)
    later = replace(household, now=household.now + timedelta(minutes=20))
    assert 2 == sign_in(household, person, password=True, factor=True).failed_factors
    assert 0 == sign_in(later, person, password=True, factor=True).failed_factors
    assert 0 == sign_in(household, household.agent.person.id, password=True, factor=True).failed_factors


def is_due(household: Household, *objects: str) -> bool:
    """Return whether objects may be destroyed, by the facts; the permit binds them."""
    resource = Resource(kind="export", id=household.export)
    facts, bound = household.look_up(SERVICE, Action.DESTROY_OBJECT, resource, objects=objects)
    assert (objects, "service") == (bound.objects, facts.person.role)
    due: bool = facts.destruction.due
    return due


def test_only_what_nothing_needs_is_destroyed(household: Household) -> None:
    """An orphan's key is due after its age; nothing, the unknown and what lives never are."""
    orphan = str(uuid4())
    with writing(household.home.api.engine) as connection:
        note_permitted(connection, orphan, 1, household.now - timedelta(hours=25))
        note_permitted(connection, orphan, 2, household.now - timedelta(hours=23))
    old, young = book_object(orphan, 1), book_object(orphan, 2)
    alive = book_object(household.export, 1)
    assert [True, False, False, False, False, False] == [
        is_due(household, old),
        is_due(household, young),
        is_due(household, old, young),
        is_due(household),
        is_due(household, alive),
        is_due(household, f"export:{household.export}"),
    ]
    assert [False] * 5 == [
        is_due(household, name)
        for name in ("", "book:", f"book:{orphan}", f"snapshot:{uuid4()}", f"factor:{household.who.actor.id}")
    ]


@pytest.mark.parametrize("state", ["failed", "cancelled", "revoked"])
def test_what_ended_is_due(household: Household, state: str) -> None:
    """Everything of an export that failed or was taken back may be destroyed."""
    ended = household.home.ask(household.who)
    with writing(household.home.api.engine) as connection:
        connection.execute(exports.update().where(exports.c.id == ended).values(state=state))
    assert [True, True, True] == [
        is_due(household, name)
        for name in (f"export:{ended}", book_object(ended, 1), f"passphrase:{ended}.1")
    ]


def test_the_console_manages_and_reads(household: Household) -> None:
    """The operator's console has a fresh session's facts and the operator's role."""
    who = Who(actor=Actor(kind="operator", id="console", role="operator"), client="local:console")
    ledger, _ = household.look_up(who, Action.READ_LEDGER, Resource(kind="ledger", id="all"))
    people, _ = household.look_up(who, Action.MANAGE_PEOPLE, Resource(kind="roster", id="all"))
    assert ("operator", "operator") == (ledger.person.role, people.person.role)
    assert (True, True, 0) == (ledger.session.current, ledger.session.mfa, ledger.session.mfa_age_seconds)


def test_a_person_reads_the_ledger_by_their_session(household: Household) -> None:
    """A person's reading of the ledger is decided on their own role and session."""
    facts, _ = household.look_up(household.who, Action.READ_LEDGER, Resource(kind="ledger", id="all"))
    assert (AN_AGENT, FRESH_SESSION) == (facts.person, facts.session)


def test_a_factor_is_made_for_somebody_known(household: Household) -> None:
    """EnrolFactor sees whether the person is known, and that this is a demo."""
    who = Who(actor=Actor(kind="operator", id="console", role="operator"), client="local:console")
    for person, known in ((household.agent.person.id, True), ("nobody", False)):
        facts, _ = household.look_up(who, Action.ENROL_FACTOR, Resource(kind="person", id=person))
        enrolment = facts.enrolment
        assert (known, False, True) == (enrolment.known, enrolment.invited, enrolment.demo)


def test_an_import_sees_its_moment(household: Household) -> None:
    """ImportSnapshot sees whether the as-of moment is a cut-off, and past."""
    who = Who(actor=Actor(kind="operator", id="console", role="operator"), client="local:console")
    cutoff = datetime(2026, 11, 21, 5, tzinfo=UTC)
    for as_of, expected in (
        (cutoff, (True, True)),
        (cutoff + timedelta(hours=1), (False, True)),
        (cutoff + timedelta(days=7), (True, False)),
    ):
        facts, _ = household.look_up(
            who, Action.IMPORT_SNAPSHOT, Resource(kind="attempt", id="new"), as_of=as_of
        )
        assert expected == (facts.incoming.as_of_is_cutoff, facts.incoming.as_of_is_past)
