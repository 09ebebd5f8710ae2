"""Asking for exports, looking at them, and being refused."""

from __future__ import annotations

import base64
import json
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from audit.events import Event, Outcome
from identity.people import Role
from runtime.broker import broker_client, make_queue
from tests.api.callers import ASKED, Desk, a_licence

FIELDS = {
    "id", "state", "stage", "reason", "next_at", "channel", "agent", "created_at", "expires_at", "rows",
    "withheld", "columns", "bytes", "snapshot", "book", "downloads", "reveals",
}  # fmt: skip


def test_a_good_request_is_accepted(desk: Desk) -> None:
    """A request is 202 with exactly the design's fields, and Location leads to them."""
    licence = a_licence(desk)
    caller = desk.with_session(licence)

    answer = caller.post("/v1/exports", ASKED)

    body = answer.json()
    assert (202, f"/v1/exports/{body['id']}") == (answer.status_code, answer.headers["location"])
    assert body.keys() == FIELDS
    assert ("accepted", "email", licence, 0, 0, None) == (
        body["state"],
        body["channel"],
        body["agent"],
        body["downloads"],
        body["reveals"],
        body["snapshot"],
    )
    assert body == caller.get(answer.headers["location"]).json()
    assert [body] == caller.get("/v1/exports").json()["items"]


def test_a_request_is_recorded(desk: Desk) -> None:
    """The permit names purpose, channel, agent and export, and who asked from where."""
    licence = a_licence(desk)
    caller = desk.with_session(licence)

    export = caller.post("/v1/exports", ASKED).json()["id"]

    entry = desk.entries()[-1]
    assert (Event.EXPORT_REQUESTED, Outcome.PERMIT, export) == (entry.event, entry.outcome, entry.export)
    assert (caller.person, licence, "email", "service-delegated-consumers") == (
        entry.actor.id,
        entry.agent,
        entry.channel,
        entry.purpose,
    )
    assert "local:test" == entry.client


@pytest.mark.parametrize(("licence", "rule"), [("0F85573", "R01"), ("0I87223", "R02"), ("0H60188", "R03")])
def test_a_lapsed_paper_refuses_and_says_which(desk: Desk, licence: str, rule: str) -> None:
    """An expired licence, a lapsed certification and an old agreement are 403 with their own rule."""
    answer = desk.with_session(licence).post("/v1/exports", ASKED)

    body = answer.json()
    assert (403, rule, "application/problem+json") == (
        answer.status_code,
        body["rule"],
        answer.headers["content-type"],
    )
    assert body["clause"]
    assert body["advice"]
    assert [rule] == [one["rule"] for one in body["rules"]]
    entry = desk.entry(body["decision"])
    assert (Event.EXPORT_REQUESTED, Outcome.REFUSE, (rule,)) == (entry.event, entry.outcome, entry.rules)


@pytest.mark.parametrize("body", [ASKED | {"acknowledged": False}, {"purpose": "audit", "channel": "email"}])
def test_without_the_acknowledgement_nothing_is_exported(desk: Desk, body: dict[str, Any]) -> None:
    """A missing acknowledgement is refused by R21, and no export is kept."""
    caller = desk.with_session(a_licence(desk))

    answer = caller.post("/v1/exports", body | {"purpose": ASKED["purpose"]})

    assert (403, "R21") == (answer.status_code, answer.json()["rule"])
    assert [] == caller.get("/v1/exports").json()["items"]


def test_the_eleventh_export_of_a_day_is_a_quota(desk: Desk) -> None:
    """Ten exports in 24 hours are permitted; the next is 429 with R09, and a day later 202."""
    licence = a_licence(desk)
    caller = desk.with_session(licence)
    statuses = {caller.post("/v1/exports", ASKED).status_code for _ in range(10)}

    answer = caller.post("/v1/exports", ASKED)

    assert ({202}, 429, "R09") == (statuses, answer.status_code, answer.json()["rule"])
    desk.house.clock.advance(hours=24, seconds=1)
    assert 202 == desk.with_session(licence).post("/v1/exports", ASKED).status_code


def test_a_repeat_under_one_key_is_one_export(desk: Desk) -> None:
    """The same body under the same Idempotency-Key finds the export that stands."""
    caller = desk.with_session(a_licence(desk))

    answers = [caller.post("/v1/exports", ASKED, Idempotency_Key="a-key") for _ in range(3)]

    assert [202, 202, 202] == [answer.status_code for answer in answers]
    assert 1 == len({answer.headers["location"] for answer in answers})
    assert 1 == len(caller.get("/v1/exports").json()["items"])


@pytest.mark.parametrize("changed", [{"purpose": "audit"}, {"acknowledged": False}, {"agent": "0Z99999"}])
def test_another_body_under_one_key_is_a_conflict(desk: Desk, changed: dict[str, Any]) -> None:
    """An Idempotency-Key belongs to one body; another is 409 and makes nothing."""
    caller = desk.with_session(a_licence(desk))
    caller.post("/v1/exports", ASKED, Idempotency_Key="a-key")

    answer = caller.post("/v1/exports", ASKED | changed, Idempotency_Key="a-key")

    assert 409 == answer.status_code
    assert 1 == len(caller.get("/v1/exports").json()["items"])


def test_the_queue_is_told_the_id_and_nothing_else(desk: Desk) -> None:
    """A wake-up follows the commit; whoever reads the queue learns an opaque id."""
    export = desk.with_session(a_licence(desk)).post("/v1/exports", ASKED).json()["id"]

    with broker_client(desk.house.settings.broker) as broker:
        message: Any = json.loads(broker.lindex("sealedbook:celery", 0) or "{}")
    arguments, named, _options = json.loads(base64.b64decode(message["body"]))
    assert ([export], {}) == (arguments, named)


def test_a_sleeping_queue_holds_nobody_up(desk: Desk, tmp_path: Path) -> None:
    """Without a broker the request is accepted all the same; the sweep will find it."""
    caller = desk.with_session(a_licence(desk))
    desk.house.__dict__["queue"] = make_queue(f"redis+socket://{tmp_path / 'none'}")

    assert 202 == caller.post("/v1/exports", ASKED).status_code


def test_keys_of_two_people_are_two_keys(desk: Desk) -> None:
    """The same Idempotency-Key of another person makes an export of theirs."""
    callers = [desk.with_session(a_licence(desk)) for _ in range(2)]

    exports = {caller.post("/v1/exports", ASKED, Idempotency_Key="same").json()["id"] for caller in callers}

    assert 2 == len(exports)


def test_anothers_export_isnt_there(desk: Desk) -> None:
    """Looking at another's export and at none at all is the same 404, and the ledger keeps both."""
    export = desk.with_session(a_licence(desk)).post("/v1/exports", ASKED).json()["id"]
    stranger = desk.with_session(a_licence(desk))

    answers = [stranger.get(f"/v1/exports/{name}") for name in (export, str(uuid4()), "nothing")]

    bodies = [{**answer.json(), "request": ""} for answer in answers]
    assert [404, 404, 404] == [answer.status_code for answer in answers]
    assert bodies[0] == bodies[1] == bodies[2]
    assert [] == stranger.get("/v1/exports").json()["items"]
    kept = [entry for entry in desk.entries() if entry.event is Event.EXPORT_SOUGHT][-2:]
    assert [Outcome.REFUSE] * 2 == [entry.outcome for entry in kept]
    assert export == kept[0].resource.id


@pytest.mark.parametrize("exists", [True, False])
def test_anothers_book_isnt_there_either(desk: Desk, *, exists: bool) -> None:
    """Asking for another agent's book is 404 with R13, whether that agent exists or not, and recorded."""
    other = a_licence(desk) if exists else "9ZZZZZ9"
    caller = desk.with_session(a_licence(desk))

    answer = caller.post("/v1/exports", ASKED | {"agent": other})

    body = answer.json()
    assert (404, "R13") == (answer.status_code, body["rule"])
    assert "urn:sealedbook:problem:not-found" == body["type"]
    assert (Outcome.REFUSE, other) == (
        desk.entry(body["decision"]).outcome,
        desk.entry(body["decision"]).agent,
    )


def test_a_manager_asks_for_an_agent_of_the_agency(desk: Desk) -> None:
    """Oversight is a manager's purpose, for agents of the same agency."""
    agent = a_licence(desk, agency_id="AGZ1")
    manager = desk.with_session(a_licence(desk, agency_id="AGZ1", role=Role.MANAGER))
    body = ASKED | {"agent": agent, "purpose": "agency-oversight"}

    answer = manager.post("/v1/exports", body)
    elsewhere = manager.post("/v1/exports", body | {"agent": a_licence(desk, agency_id="AGZ2")})

    assert (202, agent) == (answer.status_code, answer.json()["agent"])
    assert 404 == elsewhere.status_code


def test_without_the_ledger_nothing_is_accepted(desk: Desk) -> None:
    """When an entry can't be written the request is 503 and leaves no export; reading goes on."""
    caller = desk.with_session(a_licence(desk))
    with desk.with_full_disk():
        answer = caller.post("/v1/exports", ASKED)

    assert (503, "urn:sealedbook:problem:unrecordable") == (answer.status_code, answer.json()["type"])
    assert [] == caller.get("/v1/exports").json()["items"]


def test_papers_count_through_their_pacific_day(desk: Desk) -> None:
    """A licence that expires today is good today (21 November 2026 in California)."""
    today = desk.with_session(a_licence(desk, licence_expires_on=date(2026, 11, 21)))
    yesterday = desk.with_session(a_licence(desk, licence_expires_on=date(2026, 11, 20)))

    statuses = [caller.post("/v1/exports", ASKED).status_code for caller in (today, yesterday)]

    assert [202, 403] == statuses
