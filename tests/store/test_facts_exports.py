"""Tests of the facts of building, sending and revealing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from audit.entry import Resource
from policies.actions import Action
from policies.fact_groups import (
    Columns,
    Delivery,
    Freshness,
    Holding,
    Releases,
    Request,
    Subject,
)
from policies.facts import BuildBookFacts
from runtime.database import writing
from store.tables import exports
from tests.store.household import (
    AGENT,
    AGENTS_PAPERS,
    AN_AGENT,
    FRESH_SESSION,
    MINE,
    OWN_REQUEST,
    SERVICE,
    Household,
)


def test_a_build_sees_the_requester_and_the_newest_snapshot(household: Household) -> None:
    """BuildBook sees who asked, not the service, and binds snapshot, token and recipient."""
    found, bound = household.of_export(SERVICE, Action.BUILD_BOOK, fencing=3)
    facts: BuildBookFacts = found
    assert (AN_AGENT, AGENTS_PAPERS, MINE) == (facts.person, facts.licensing, facts.subject)
    assert (OWN_REQUEST, Holding(agent=AGENT)) == (facts.request, facts.holding)
    assert Columns(known=True, in_profile=True) == facts.columns
    assert (
        Freshness(
            snapshot_published=True,
            snapshot_is_newest=True,
            snapshot_age_days=0,
            as_of_is_cutoff=True,
            agent_is_in_snapshot=True,
        )
        == facts.freshness
    )
    assert bound.recipient is not None
    assert 64 == len(bound.recipient)
    assert (AGENT, household.export, 3, household.snapshot, "agent") == (
        bound.agent,
        bound.export,
        bound.fencing,
        bound.snapshot,
        bound.profile,
    )


def test_a_snapshot_ages_by_whole_days(household: Household) -> None:
    """A snapshot's age counts from its cut-off, in whole days."""
    for hours, days in ((10, 0), (11, 1), (24 * 22 + 10, 22), (24 * 22 + 11, 23)):
        later = Household(
            **vars(household) | {"now": datetime(2026, 11, 21, 18, tzinfo=UTC) + timedelta(hours=hours)}
        )
        facts, _ = later.of_export(SERVICE, Action.BUILD_BOOK, fencing=1)
        assert days == facts.freshness.snapshot_age_days


def test_a_sending_sees_what_would_leave_and_to_whom(household: Household) -> None:
    """SendBook sees whether the address is the registered one, TLS was verified, and a book is sealed."""
    registered = household.agent.person.papers.email
    for recipient, tls, expected in (
        (registered, True, Delivery(recipient_is_registered=True, tls_required=True, payload_sealed=False)),
        (
            f"x{registered}",
            True,
            Delivery(recipient_is_registered=False, tls_required=True, payload_sealed=False),
        ),
        (registered, False, Delivery(recipient_is_registered=True, tls_required=False, payload_sealed=False)),
    ):
        facts, _ = household.of_export(SERVICE, Action.SEND_BOOK, recipient=recipient, tls_verified=tls)
        assert expected == facts.delivery


def test_a_built_book_is_what_is_sent(household: Household) -> None:
    """Once an export is built, sending and revealing name the token that it was built with."""
    built = replace(household, export=household.home.ask(household.who))
    with writing(household.home.api.engine) as connection:
        values = {"state": "sent", "fencing": 5, "built_fencing": 4, "book_digest": "5e" * 32}
        connection.execute(exports.update().where(exports.c.id == built.export).values(values))
    email = household.agent.person.papers.email
    facts, bound = built.of_export(SERVICE, Action.SEND_BOOK, recipient=email, tls_verified=True)
    assert facts.delivery.payload_sealed is True
    assert (built.export, 4, "email") == (bound.export, bound.fencing, bound.channel)
    _, revealed = built.of_export(household.who, Action.REVEAL_PASSPHRASE)
    assert bound == revealed


def test_a_reveal_sees_its_own_session_and_count(household: Household) -> None:
    """RevealPassphrase sees the papers of now, the asking session, and how often it was shown."""
    facts, bound = household.of_export(household.who, Action.REVEAL_PASSPHRASE)
    assert (AN_AGENT, AGENTS_PAPERS, FRESH_SESSION) == (facts.person, facts.licensing, facts.session)
    assert (MINE, OWN_REQUEST, Holding(agent=AGENT)) == (facts.subject, facts.request, facts.holding)
    assert Releases(reveals=0, downloads=0) == facts.releases
    assert (AGENT, household.export) == (bound.agent, bound.export)


def test_anothers_export_is_nobodys(household: Household) -> None:
    """Of another person's export, or of none, a reveal sees no subject, no holding and no request."""
    nobodys = (
        Subject(licence="", is_actor=False, same_agency=False),
        Holding(agent=""),
        Request(purpose="", channel="", profile="", acknowledged=False),
    )
    anothers, _ = household.of_export(household.manager, Action.REVEAL_PASSPHRASE)
    unknown, _ = household.look_up(
        household.who, Action.REVEAL_PASSPHRASE, Resource(kind="export", id=str(uuid4()))
    )
    assert nobodys == (anothers.subject, anothers.holding, anothers.request)
    assert nobodys == (unknown.subject, unknown.holding, unknown.request)
