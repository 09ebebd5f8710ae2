"""Signing in, staying signed in, and signing out."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from fastapi.testclient import TestClient

from api.app import make_app
from audit.events import Event, Outcome
from house.passwords import Passwords
from runtime.clock import parse_rfc3339
from runtime.database import reading
from store.sessions import digest_of
from store.standing import failed_factors
from store.strangers import due_counts
from tests.api.callers import ASKED, LIGHT, Caller, Desk, disable
from vault.client import VaultClient

PLANTED_NAME = "jane.q.doe-typed-her-password-here"


def without_places(body: dict[str, object]) -> dict[str, object]:
    """Return a problem without what counts up by itself."""
    return {name: value for name, value in body.items() if name not in {"decision", "request"}}


def test_a_sign_in_answers_with_person_role_token_and_end(desk: Desk) -> None:
    """A good sign-in is 201 with exactly the four members of the design."""
    agent = desk.an_agent()

    _caller, answer = desk.sign_in(agent)

    assert answer.status_code == 201
    assert {"person", "role", "csrf", "expires_at"} == answer.json().keys()
    assert (agent.person.id, "agent") == (answer.json()["person"], answer.json()["role"])


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(desk: Desk) -> None:
    """The session's cookie is HttpOnly, SameSite=Strict, for the whole site."""
    _caller, answer = desk.sign_in(desk.an_agent())

    parts = answer.headers["set-cookie"].split("; ")
    assert parts[0].startswith("session=")
    assert {"HttpOnly", "Path=/", "SameSite=strict"} == set(parts[1:])


def test_the_cookie_is_secure_over_https(desk: Desk) -> None:
    """Over https the cookie never travels in clear."""
    agent = desk.an_agent()
    body = {"username": agent.person.username, "password": agent.password, "totp": desk.code(agent)}

    answer = TestClient(desk.client.app, base_url="https://testserver").post("/v1/sessions", json=body)

    assert "Secure" in answer.headers["set-cookie"]
    assert "strict-transport-security" in answer.headers


def test_a_sign_in_is_recorded_with_its_permit(desk: Desk) -> None:
    """`session.started` follows from the permit; actor and client are named, the token isn't."""
    agent = desk.an_agent()

    caller, _answer = desk.sign_in(agent)

    requested, started = desk.entries()[-2:]
    token = caller.client.cookies["session"]
    assert (Event.SESSION_REQUESTED, Outcome.PERMIT) == (requested.event, requested.outcome)
    assert (Event.SESSION_STARTED, digest_of(token)) == (started.event, started.resource.id)
    assert desk.entries()[started.because or 0] == requested
    assert (agent.person.id, ("pwd", "otp"), "local:test") == (
        started.actor.id,
        started.actor.amr,
        started.client,
    )
    assert token.encode() not in b"".join(entry.encode() for entry in desk.entries())


def test_every_failed_sign_in_looks_the_same(desk: Desk) -> None:
    """Wrong password, wrong code, unknown name and closed account give one body, but for its number."""
    agent, closed = desk.an_agent(), desk.an_agent()
    disable(desk, closed)

    answers = [
        desk.sign_in(agent, password="something else")[1],
        desk.sign_in(agent, totp="000000")[1],
        desk.sign_in(agent, totp="not a code")[1],
        desk.sign_in(agent, username="0ZZZZZZ9")[1],
        desk.sign_in(agent, username=PLANTED_NAME)[1],
        desk.sign_in(agent, username="with\x00control\n")[1],
        desk.sign_in(closed)[1],
    ]

    assert {401} == {answer.status_code for answer in answers}
    assert all(without_places(answers[0].json()) == without_places(answer.json()) for answer in answers)
    assert "R14" == answers[0].json()["rule"]
    assert {"clause", "advice", "decision", "rules"} <= answers[0].json().keys()
    assert all("set-cookie" not in answer.headers for answer in answers)


@pytest.mark.parametrize("name", ["", "0ZZZZZZ9"])
def test_a_failed_sign_in_comes_on_the_beat(desk: Desk, name: str) -> None:
    """Known or not, no failure is answered before the next multiple of the beat."""
    app = make_app(desk.house, Passwords(LIGHT), beat_seconds=0.2)
    username = name or desk.an_agent().person.username

    with structlog.testing.capture_logs() as logged:
        body = {"username": username, "password": "wrong", "totp": "000000"}
        TestClient(app).post("/v1/sessions", json=body)

    (line,) = [line for line in logged if line["event"] == "request.answered"]
    assert (401, True) == (line["status"], line["milliseconds"] >= 199)


def test_a_failed_sign_in_is_recorded_as_a_refusal(desk: Desk) -> None:
    """A known person's failure is an entry; the answer doesn't say which, since strangers have none."""
    agent = desk.an_agent()

    _caller, answer = desk.sign_in(agent, password="something else")

    entry = desk.entries()[-1]
    assert answer.json()["decision"] is None
    assert (Event.SESSION_REQUESTED, Outcome.REFUSE) == (entry.event, entry.outcome)
    assert (agent.person.id, ("otp",)) == (entry.actor.id, entry.actor.amr)


def test_a_strangers_sign_in_is_counted_and_nothing_else(desk: Desk) -> None:
    """Whoever isn't known leaves a number for their network and minute, no entry and no name."""

    def counted() -> int:
        with reading(desk.house.engine) as connection:
            due = due_counts(connection, desk.house.clock.now() + timedelta(minutes=1), 100)
        return sum(each.count for each in due if each.network == "local:test")

    size, before = desk.house.reader.head().size, counted()

    answers = [desk.sign_in(desk.an_agent(), username=PLANTED_NAME)[1] for _ in range(3)]

    entries = desk.entries()[size:]
    assert [401] * 3 == [answer.status_code for answer in answers]
    assert before + 3 == counted()
    assert Event.SESSION_REQUESTED not in {entry.event for entry in entries}
    assert not any(PLANTED_NAME.encode() in entry.encode() for entry in entries)


def test_trying_doesnt_prolong_a_lock(desk: Desk) -> None:
    """What was refused because of the lock doesn't count: a quarter of an hour later the right code helps."""
    agent = desk.an_agent()
    for _ in range(5):
        desk.sign_in(agent, totp="000000")
    # By the ledger's own time, which never runs backwards, whatever other tests did to their clocks.
    over = parse_rfc3339(desk.entries()[-1].at) + timedelta(minutes=15, seconds=1)
    desk.house.clock.advance(minutes=10)
    desk.sign_in(agent, password="still guessing")

    refused = desk.entries()[-1]
    with reading(desk.house.engine) as connection:
        failed = failed_factors(connection, agent.person.id, desk.house.policy.numbers, over)

    assert ("locked", Outcome.REFUSE) == (refused.reason, refused.outcome)
    assert 0 == failed


def test_a_code_counts_once(desk: Desk) -> None:
    """The same code a second time is a wrong code."""
    agent = desk.an_agent()
    code = desk.code(agent)
    _caller, first = desk.sign_in(agent, totp=code)

    _caller, second = desk.sign_in(agent, totp=code)

    assert (201, 401) == (first.status_code, second.status_code)


def test_five_failures_lock_the_sign_in(desk: Desk) -> None:
    """After five wrong codes within a quarter of an hour the right one doesn't help."""
    agent = desk.an_agent()
    for _ in range(5):
        desk.sign_in(agent, totp="000000")

    _caller, answer = desk.sign_in(agent)

    assert 401 == answer.status_code


def test_a_new_sign_in_ends_the_old_session(desk: Desk) -> None:
    """One person, one session: the older one is signed out, and the ledger says so."""
    agent = desk.an_agent()
    older, _answer = desk.sign_in(agent)
    newer, _answer = desk.sign_in(agent)

    assert (401, 200) == (older.get("/v1/me").status_code, newer.get("/v1/me").status_code)
    ended = [entry for entry in desk.entries() if entry.event is Event.SESSION_ENDED]
    assert digest_of(older.client.cookies["session"]) == ended[-1].resource.id


def test_me_says_who_is_signed_in(desk: Desk) -> None:
    """A person reads their own name and licence, and until when they are signed in."""
    agent = desk.an_agent()
    caller = desk.with_session(agent.person.papers.licence)

    me = caller.get("/v1/me").json()

    assert (agent.person.id, agent.person.papers.licence, "Some Agent") == (
        me["person"],
        me["licence"],
        me["name"],
    )


def test_a_step_up_makes_the_second_factor_fresh(desk: Desk) -> None:
    """An export needs a second factor of the last five minutes; a step-up gives one."""
    agent = desk.an_agent()
    caller = desk.with_session(agent.person.papers.licence)
    desk.house.clock.advance(minutes=5, seconds=1)
    stale = caller.post("/v1/exports", ASKED)

    stepped = caller.post("/v1/step-up", {"totp": desk.code(agent)})

    assert (403, "R14") == (stale.status_code, stale.json()["rule"])
    assert (204, b"") == (stepped.status_code, stepped.content)
    assert 202 == caller.post("/v1/exports", ASKED).status_code


def test_a_wrong_step_up_is_refused_and_recorded(desk: Desk) -> None:
    """A wrong code is 401 with its entry, and the session stays what it was."""
    caller = desk.with_session(desk.an_agent().person.papers.licence)

    answer = caller.post("/v1/step-up", {"totp": "000000"})

    assert (401, "R14") == (answer.status_code, answer.json()["rule"])
    assert Outcome.REFUSE == desk.entry(answer.json()["decision"]).outcome
    assert 200 == caller.get("/v1/me").status_code


def test_signing_out_ends_the_session(desk: Desk) -> None:
    """After signing out the cookie opens nothing, and the ledger says so."""
    caller = desk.with_session(desk.an_agent().person.papers.licence)
    token = caller.client.cookies["session"]

    answer = caller.delete("/v1/sessions/current")

    assert (204, b"") == (answer.status_code, answer.content)
    assert "Max-Age=0" in answer.headers["set-cookie"]
    caller.client.cookies.set("session", token)
    assert 401 == caller.get("/v1/me").status_code
    assert (Event.SESSION_ENDED, digest_of(token)) == (
        desk.entries()[-1].event,
        desk.entries()[-1].resource.id,
    )


def test_without_the_vault_nobody_signs_in(desk: Desk, tmp_path: Path) -> None:
    """When the vault can't be reached, known and unknown names get the same 503."""
    agent = desk.an_agent()
    desk.replace_vault(VaultClient(tmp_path / "none", "", desk.house.reader))

    answers = [desk.sign_in(agent)[1], desk.sign_in(agent, username="0ZZZZZZ9")[1]]

    assert [503, 503] == [answer.status_code for answer in answers]
    assert without_places(answers[0].json()) == without_places(answers[1].json())


def test_without_the_ledger_nobody_signs_in(desk: Desk) -> None:
    """When an entry can't be written a right sign-in is 503 and leaves no session."""
    agent = desk.an_agent()
    with desk.with_full_disk():
        caller, answer = desk.sign_in(agent)

    assert (503, "urn:sealedbook:problem:unrecordable") == (answer.status_code, answer.json()["type"])
    assert isinstance(caller, Caller)
    assert 401 == caller.get("/v1/me").status_code
