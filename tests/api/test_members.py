"""Reviewers and operators at the agents' doors: no list, no export, no book, no passphrase; and the hold."""

from __future__ import annotations

from itertools import count
from typing import Any
from uuid import uuid4

import pytest

from audit.entry import Entry
from audit.events import Event, Outcome
from house.invitations import add_member, reset_person
from identity.people import Newcomer, Role
from runtime.database import writing
from store.sessions import new_token, start_session
from tests.api.callers import ASKED, Caller, Desk, a_licence
from tests.installation import CONSOLE_WHO, Installation

NOBODYS = str(uuid4())
OPENINGS: list[tuple[str, dict[str, Any] | None, Event]] = [
    ("/v1/consumers/search", {}, Event.CONSUMERS_REQUESTED),
    ("/v1/exports/{export}/passphrase", None, Event.REVEAL_REQUESTED),
    ("/v1/exports/{export}/download", None, Event.DOWNLOAD_REQUESTED),
]
"""Every call that hands out consumers' data or what opens them, and the event of its decision."""

ASKINGS: list[tuple[str, dict[str, Any] | None, Event]] = [
    ("/v1/exports", ASKED, Event.EXPORT_REQUESTED),
    ("/v1/exports", ASKED | {"agent": "0B65625"}, Event.EXPORT_REQUESTED),
    ("/v1/exports/{export}/revoke", None, Event.REVOCATION_REQUESTED),
]
_numbers = count(1)


def a_member(desk: Desk, role: Role) -> Caller:
    """Return a reviewer or operator without papers, signed in just now."""
    now = desk.house.clock.now()
    newcomer = Newcomer(role=role, name="Some Member", email=f"member{next(_numbers)}@exchange.example")
    token = new_token()
    with writing(desk.house.engine) as connection:
        person = add_member(connection, newcomer, now)
        session, _ended = start_session(connection, person, token, now)
    caller = desk.caller()
    caller.client.cookies.set("session", token)
    caller.csrf, caller.person = session.csrf, person
    return caller


def decision_of(desk: Desk, answer: Any) -> Entry:
    """Return the entry that recorded a refusal."""
    return desk.entry(answer.json()["decision"])


@pytest.mark.parametrize("of_whom", ["an agent", "nobody"])
@pytest.mark.parametrize(("role", "rule"), [(Role.REVIEWER, "P00"), (Role.OPERATOR, "F01")])
@pytest.mark.parametrize(("path", "body", "event"), OPENINGS)
def test_members_open_no_consumers_data(
    desk: Desk,
    published: Installation,
    role: Role,
    rule: str,
    path: str,
    body: dict[str, Any] | None,
    event: Event,
    of_whom: str,
) -> None:
    """A reviewer is permitted by nothing and an operator forbidden for good: 403, recorded, no data."""
    assert published is desk.home
    export = NOBODYS
    if of_whom == "an agent":
        export = desk.with_session(a_licence(desk)).post("/v1/exports", ASKED).json()["id"]
    caller = a_member(desk, role)

    answer = caller.post(path.format(export=export), body)

    assert (403, rule) == (answer.status_code, answer.json()["rule"])
    assert [rule] == [one["rule"] for one in answer.json()["rules"]]
    entry = decision_of(desk, answer)
    assert (event, Outcome.REFUSE, caller.person) == (entry.event, entry.outcome, entry.actor.id)
    assert rule in (entry.rules or ())


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.OPERATOR])
@pytest.mark.parametrize(("path", "body", "event"), ASKINGS)
def test_members_ask_for_no_export(
    desk: Desk, role: Role, path: str, body: dict[str, Any] | None, event: Event
) -> None:
    """Asking for a book, naming an agent or not, and taking one back are nobody's but the agents' work."""
    export = desk.with_session(a_licence(desk)).post("/v1/exports", ASKED).json()["id"]
    answer = a_member(desk, role).post(path.format(export=export), body)

    assert (403, "P00") == (answer.status_code, answer.json()["rule"])
    assert (event, Outcome.REFUSE) == (decision_of(desk, answer).event, decision_of(desk, answer).outcome)


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.OPERATOR])
def test_members_see_no_exports(desk: Desk, role: Role) -> None:
    """Their lists are empty, and another's export isn't there for them."""
    export = desk.with_session(a_licence(desk)).post("/v1/exports", ASKED).json()["id"]
    caller = a_member(desk, role)

    assert {"items": [], "others": []} == caller.get("/v1/exports").json()
    assert 404 == caller.get(f"/v1/exports/{export}").status_code
    assert 404 == caller.get(f"/v1/exports/{export}/events").status_code


def test_a_reset_of_factors_holds_a_book_back(desk: Desk, published: Installation) -> None:
    """After a reset the book's passphrase is refused by R38, whoever joined with the new factor."""
    licence = a_licence(desk)
    with_book = desk.with_session(licence)
    export = with_book.post("/v1/exports", ASKED).json()["id"]

    invited = reset_person(published.operator, CONSOLE_WHO, licence, None)

    assert 401 == with_book.get("/v1/me").status_code
    answer = desk.with_session(licence).post(f"/v1/exports/{export}/passphrase")
    assert (403, "R38") == (answer.status_code, answer.json()["rule"])
    events = [
        (entry.event, entry.reason) for entry in desk.entries() if entry.resource.id == invited.person.id
    ]
    assert [
        (Event.PEOPLE_REQUESTED, None),
        (Event.PERSON_RESET, None),
        (Event.PERSON_INVITED, None),
        (Event.PERSON_APPROVED, "demo-mode"),
    ] == events[-4:]


def test_a_demo_approves_by_itself(desk: Desk, published: Installation) -> None:
    """In a demo the code that the console prints opens the account at once."""
    licence = a_licence(desk)
    invited = reset_person(published.operator, CONSOLE_WHO, licence, None)

    body = {"code": invited.code, "password": "seven quiet lanterns"}
    answer = desk.caller().post("/v1/invitations/accept", body)

    assert (200, licence) == (answer.status_code, answer.json()["username"])
