"""Systems post ended delegations with their keys, within what the rules allow."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from audit.entry import Resource
from audit.events import Event, Outcome
from identity.people import Role
from policies.actions import Action
from policies.facts import EndDelegationsFacts
from policies.gate import Ask
from runtime.database import reading, writing
from store.api_keys import last_uses, new_key
from store.people import person_by_id
from store.sessions import digest_of
from store.tables import api_keys, people, stranger_counts
from tests.api.callers import Caller, Desk
from tests.api.reviewers import a_member
from tests.api.systems import AGENT, ENDS, KEYS, MANAGER, OUTSIDER, SINCE, System, issue, rules_of, state_of
from tests.installation import Installation, a_published_installation, take_down


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation with a roster and published data."""
    with a_published_installation(tmp_path_factory.mktemp("keys")) as made:
        yield made


def test_an_agencys_system_ends_delegations_with_its_key(desk: Desk, manager: Caller, system: System) -> None:
    """The same again changes nothing; the entries pin the very key, and the list tells of the use."""
    before = desk.house.reader.head().size
    for ended in (1, 0):
        answer = system.post(consumer="C-used")
        assert (200, ended) == (answer.status_code, answer.json()["ended"])
    entries = desk.entries()[before:]
    decided = [entry for entry in entries if entry.event is Event.DELEGATION_REQUESTED]
    assert [Outcome.PERMIT, Outcome.PERMIT] == [entry.outcome for entry in decided]
    actors = {(one.actor.kind, one.actor.role, one.actor.id, one.actor.session) for one in entries}
    assert {("system", "system", system.id, digest_of(system.key))} == actors
    listed = next(one for one in manager.get(KEYS).json()["items"] if one["id"] == system.id)
    assert (decided[-1].at, "active") == (listed["last_used_at"], listed["state"])


def test_whatever_is_wrong_with_a_key_the_answer_is_the_same(desk: Desk, manager: Caller) -> None:
    """Unknown, ended, revoked, cut short: one 401, counted as a stranger's try, with no entry of its own."""
    revoked, ended = issue(desk, manager), issue(desk, manager)
    manager.post(f"{KEYS}/{revoked.id}/revoke")
    before = desk.house.reader.head().size
    with writing(desk.house.engine) as connection:
        connection.execute(
            update(api_keys).where(api_keys.c.id == ended.id).values(expires_at="2026-01-01T00:00:00.000000Z")
        )
        connection.execute(stranger_counts.delete())
    of_another = f"sbk_{revoked.id}_{new_key()[1][21:]}"
    keys = [revoked.key, ended.key, new_key()[1], of_another, revoked.key[:-1], "sbk_", "x" * 5000, "é"]
    answers = []
    for key in keys:
        shown = {b"Authorization": f"Bearer {key}".encode()}
        answer = desk.caller().client.post(ENDS, json={"ended": []}, headers=shown)
        body = answer.json()
        body.pop("request")
        answers.append((answer.status_code, answer.headers["www-authenticate"], tuple(sorted(body.items()))))
    assert 1 == len(set(answers))
    assert (401, "Bearer") == answers[0][:2]
    with reading(desk.house.engine) as connection:
        assert len(keys) == sum(connection.execute(select(stranger_counts.c.count)).scalars())
    assert before == desk.house.reader.head().size


def test_a_key_beside_a_session_is_refused(desk: Desk, manager: Caller, system: System) -> None:
    """Who asks is a person or a system, and never both."""
    before = desk.house.reader.head().size
    answer = manager.post(ENDS, {"ended": []}, **system.headers())
    assert (422, "urn:sealedbook:problem:two-identities") == (answer.status_code, answer.json()["type"])
    assert before == desk.house.reader.head().size


def test_an_agencys_key_is_for_its_own_agents_alone(system: System) -> None:
    """R13 refuses a feed that names one agent of another agency, or one whom the roster doesn't know."""
    for agent in (OUTSIDER, "0X00000"):
        answer = system.post(agent=agent)
        assert (404, ["R13"]) == (answer.status_code, rules_of(answer))


def test_the_exchanges_key_is_for_every_agent(desk: Desk) -> None:
    """A key that an operator issued ends delegations of whichever agents."""
    exchange = issue(desk, a_member(desk, Role.OPERATOR), "Exchange")
    for agent in (AGENT, OUTSIDER):
        assert 200 == exchange.post(agent=agent).status_code


@pytest.mark.parametrize(
    "edited",
    [
        {"expires_at": "2099-01-01T00:00:00.000000Z"},
        {"agency": None},
        {"agency": "AG-OTHER"},
        {"issuer": "console"},
        {"label": "another"},
        {"issued_at": "2026-11-22T00:00:00.000000Z"},
    ],
)
def test_a_row_edited_behind_the_service_is_refused(
    desk: Desk, system: System, edited: dict[str, Any]
) -> None:
    """F03 stands among the rules, whatever was edited, and the list of operators says so."""
    with writing(desk.house.engine) as connection:
        connection.execute(update(api_keys).where(api_keys.c.id == system.id).values(edited))
    answer = system.post()
    assert "F03" in rules_of(answer)
    assert "changed" == state_of(a_member(desk, Role.OPERATOR), system)


def test_a_key_put_into_the_database_opens_nothing(desk: Desk) -> None:
    """A row that no entry tells of is refused by F03."""
    key, token = new_key()
    with writing(desk.house.engine) as connection:
        known = dict(connection.execute(select(api_keys).limit(1)).one()._mapping)
        fresh = {
            "id": key,
            "digest": digest_of(token),
            "revoked_at": None,
            "agency": None,
            "issuer": "console",
        }
        connection.execute(api_keys.insert().values(known | fresh))
    assert ["F03"] == rules_of(System(desk.caller(), key, token).post())


def test_a_revoked_key_stays_revoked(desk: Desk, manager: Caller, system: System) -> None:
    """Taking the revocation out of the row is found: F03."""
    manager.post(f"{KEYS}/{system.id}/revoke")
    assert 401 == system.post().status_code
    with writing(desk.house.engine) as connection:
        connection.execute(update(api_keys).where(api_keys.c.id == system.id).values(revoked_at=None))
    assert ["F03"] == rules_of(system.post())


def test_an_agent_moved_behind_the_service_is_refused(desk: Desk, system: System) -> None:
    """An agent's row that says of another's agent that they are of this agency is F03's."""
    with writing(desk.house.engine) as connection:
        of = people.c.licence
        mine = connection.execute(select(people.c.agency_id).where(of == MANAGER)).scalar_one()
        theirs = connection.execute(select(people.c.agency_id).where(of == OUTSIDER)).scalar_one()
        connection.execute(update(people).where(of == OUTSIDER).values(agency_id=mine))
    try:
        assert ["F03"] == rules_of(system.post(agent=OUTSIDER))
    finally:
        with writing(desk.house.engine) as connection:
            connection.execute(update(people).where(of == OUTSIDER).values(agency_id=theirs))


def test_a_key_goes_with_its_issuer(desk: Desk) -> None:
    """Who issued it is disabled: R16. No operator any more: R12."""
    operator = a_member(desk, Role.OPERATOR)
    system = issue(desk, operator)
    with reading(desk.house.engine) as connection:
        issuer = connection.execute(select(api_keys.c.issuer).where(api_keys.c.id == system.id)).scalar_one()
        assert Role.OPERATOR is person_by_id(connection, issuer).role
    for edited, rule in (({"disabled": True}, "R16"), ({"disabled": False, "role": "reviewer"}, "R12")):
        with writing(desk.house.engine) as connection:
            connection.execute(update(people).where(people.c.id == issuer).values(edited))
        take_down(desk.house, issuer)
        answer = system.post()
        assert (403, [rule]) == (answer.status_code, rules_of(answer))


def facts_of(desk: Desk, system: System, **later: float) -> EndDelegationsFacts:
    """Return what the gate would find some time from now."""
    ask = Ask(
        action=Action.END_DELEGATIONS, resource=Resource(kind="feed", id="f"), claims={"agents": (AGENT,)}
    )
    now = desk.house.clock.now() + timedelta(**later)
    with reading(desk.house.engine) as connection:
        found = desk.house.gate.source.look_up(connection, system.who.actor, ask, now)[0]
    assert isinstance(found, EndDelegationsFacts)
    return found


def test_idle_days_count_from_the_last_use_and_a_key_ends(desk: Desk) -> None:
    """Before its first use from the issue on; what was refused is no use. It ends with its days."""
    system = issue(desk, a_member(desk, Role.OPERATOR))
    assert 61 == facts_of(desk, system, days=61, minutes=1).person.idle_days
    assert 200 == system.post(consumer="C-idle").status_code
    used = last_uses_of(desk, system)
    assert 0 == facts_of(desk, system).person.idle_days
    assert 60 == facts_of(desk, system, days=60, minutes=1).person.idle_days
    with writing(desk.house.engine) as connection:
        connection.execute(update(api_keys).where(api_keys.c.id == system.id).values(label="forged"))
    assert ["F03"] == rules_of(system.post())
    assert used == last_uses_of(desk, system)
    days = desk.house.policy.numbers.api_key_days
    assert not facts_of(desk, system, days=days, minutes=-5).key.expired
    assert facts_of(desk, system, days=days).key.expired


def last_uses_of(desk: Desk, system: System) -> str:
    """Return when a key was last used."""
    with reading(desk.house.engine) as connection:
        return last_uses(connection, [system.id])[system.id]


def test_a_keys_feeds_are_counted(desk: Desk) -> None:
    """R09 refuses the feed after the last one of 24 hours with 429; another key and the next day go on."""
    system, another = (issue(desk, a_member(desk, Role.OPERATOR)) for _ in range(2))
    most = desk.house.policy.numbers.feeds_per_day
    feed = Ask(
        action=Action.END_DELEGATIONS, resource=Resource(kind="feed", id="f"), claims={"agents": (AGENT,)}
    )
    with desk.house.gate.transaction(system.who) as tx:
        for _ in range(most):
            tx.decide(feed)
    answer = system.post()
    assert (429, ["R09"]) == (answer.status_code, rules_of(answer))
    assert 200 == another.post().status_code
    assert most == facts_of(desk, system).feed.feeds_24h
    assert 0 == facts_of(desk, system, hours=24, seconds=5).feed.feeds_24h


def test_a_system_posts_its_file(system: System) -> None:
    """CSV has the columns of the console's feed; what is wrong is named by record and column."""
    good = f"agent_license_number,consumer_id,ended_on\n{AGENT},C-file,2026-11-20\n"
    answer = system.post_csv(good)
    assert (200, 1, 1) == (answer.status_code, answer.json()["lines"], answer.json()["ended"])
    assert 0 == system.post_csv(good).json()["ended"]
    bad = f"agent_license_number,consumer_id,ended_on\n{AGENT},C secret,2026-11-20\n{AGENT},C-2,2099-01-01\n"
    answer = system.post_csv(bad)
    assert 422 == answer.status_code
    assert [
        {"field": "body: record 2, column consumer_id", "problem": "not a value that this column takes"},
        {"field": "body: record 3, column ended_on", "problem": "is still to come"},
    ] == answer.json()["fields"]
    assert "secret" not in answer.text
    assert 422 == system.post_csv("agent,consumer\n").status_code


def test_the_ledger_has_no_digest_that_could_be_guessed(desk: Desk, system: System) -> None:
    """A feed of one line: neither the SHA-256 of what was posted nor the id stands in any entry."""
    text = f"agent_license_number,consumer_id,ended_on\n{AGENT},1234567890,2026-11-20\n"
    assert 200 == system.post_csv(text).status_code
    plain = hashlib.sha256(text.encode()).hexdigest()
    assert not any(plain.encode() in entry.encode() for entry in desk.entries())
    assert not any(b"1234567890" in entry.encode() for entry in desk.entries())


def test_an_operator_posts_a_file_too(desk: Desk) -> None:
    """CSV is for sessions as well."""
    operator = a_member(desk, Role.OPERATOR)
    text = f"agent_license_number,consumer_id,ended_at\n{AGENT},C-op,{SINCE}\n"
    headers = {"Content-Type": "text/csv", "X-CSRF-Token": operator.csrf}
    answer = operator.client.post(ENDS, content=text, headers=headers)
    assert (200, 1) == (answer.status_code, answer.json()["ended"])
