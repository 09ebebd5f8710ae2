"""Every error is a problem, and none says more than it should."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError

from api.app import make_app
from api.documented import PROBLEMS, ProblemBody
from api.handlers import PROBLEM_OF, PROBLEM_OF_STATUS, QUOTAS
from api.problems import MEDIA_TYPE
from audit.entry import Actor, Draft, Resource
from audit.errors import LedgerBrokenError
from audit.events import Event, Outcome
from exports.errors import ExportNotFoundError, WrongStateError
from exports.states import State
from house.passwords import Passwords
from policies.actions import Action
from policies.decide import UNDECIDABLE, UNPERMITTED
from policies.gate import RefusedError, UnrecordableError
from policies.rules import Rule
from tests.api.callers import LIGHT, Desk

SECRET = "Maria Fernandez, born 1980-01-02"


def a_refusal(*rules: str | Rule, action: Action = Action.REQUEST_EXPORT) -> RefusedError:
    """Return a recorded refusal by some rules."""
    broken = tuple(
        one if isinstance(one, Rule) else Rule(id=one, clause=f"clause {one}", advice=f"advice {one}")
        for one in rules
    )
    draft = Draft(
        event=Event.EXPORT_REQUESTED,
        outcome=Outcome.REFUSE,
        actor=Actor(kind="person", id="p", role="agent"),
        client="local:test",
        action=action.value,
        resource=Resource(kind="export", id="e"),
    )
    error = RefusedError(action, broken, draft)
    error.decision = 7
    return error


def answer_to(desk: Desk, error: Exception) -> tuple[int, dict[str, object], str]:
    """Return status, body and media type of what a call answers that raises an error."""
    app = make_app(desk.house, Passwords(LIGHT))

    @app.get("/broken")
    def break_down() -> None:
        raise error

    answer = TestClient(app).get("/broken")
    return answer.status_code, answer.json(), answer.headers["content-type"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (a_refusal("R01"), 403),
        (a_refusal("R21"), 403),
        (a_refusal(UNPERMITTED), 403),
        (a_refusal("F01", action=Action.REVEAL_PASSPHRASE), 403),
        (a_refusal("R13"), 404),
        (a_refusal("R08", "R13"), 404),
        (a_refusal("F02", action=Action.REVEAL_PASSPHRASE), 404),
        (a_refusal("R09"), 429),
        (a_refusal("R20", action=Action.REVEAL_PASSPHRASE), 429),
        (a_refusal("R01", "R09"), 403),
        (a_refusal("R20", action=Action.DOWNLOAD_BOOK), 403),
        (a_refusal("R09", action=Action.BUILD_BOOK), 403),
        (a_refusal(UNDECIDABLE), 503),
        (a_refusal(UNDECIDABLE, action=Action.SIGN_IN), 503),
        (a_refusal("R16", action=Action.SIGN_IN), 401),
    ],
)
def test_a_refusal_says_rule_clause_advice_and_entry(desk: Desk, error: RefusedError, status: int) -> None:
    """Whatever its status, a refusal carries why, what to do, and where it is recorded."""
    found, body, media = answer_to(desk, error)

    assert (status, MEDIA_TYPE, 7) == (found, media, body["decision"])
    assert body["rule"]
    assert body["clause"]
    assert body["advice"]
    assert body["rules"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RuntimeError(SECRET), 500),
        (KeyError(SECRET), 500),
        (UnrecordableError(SECRET), 503),
        (LedgerBrokenError(SECRET), 503),
        (OperationalError(SECRET, {"name": SECRET}, ValueError(SECRET)), 503),
        (ExportNotFoundError(SECRET), 404),
        (WrongStateError(State.FAILED), 409),
    ],
)
def test_an_exceptions_text_never_leaves(desk: Desk, error: Exception, status: int) -> None:
    """The caller gets a status, a code and the request's number, and no word of the exception."""
    found, body, media = answer_to(desk, error)

    assert (status, MEDIA_TYPE) == (found, media)
    assert SECRET not in repr(body)
    assert body["request"]


def test_unknown_addresses_and_methods_are_problems(desk: Desk) -> None:
    """404 and 405 are problems like the others; 405 names the methods that there are."""
    missing, wrong = desk.client.get("/v1/nothing"), desk.client.put("/v1/me")

    assert (404, 405, "GET") == (missing.status_code, wrong.status_code, wrong.headers["allow"])
    assert {MEDIA_TYPE} == {missing.headers["content-type"], wrong.headers["content-type"]}


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b'{"username": "' + SECRET.encode(), "application/json"),
        (b'{"username": "\xff\xfe"}', "application/json"),
        (b'{"username": "\\ud800", "password": "x", "totp": "000000"}', "application/json"),
        (b"[" * 5000, "application/json"),
        (b'{"username": ' + b"9" * 5000 + b"}", "application/json"),
        (b'"text"', "application/json"),
        (b"null", "application/json"),
        (b"", "application/json"),
        (b'{"username": "x", "password": "x", "totp": "000000"}', "text/plain"),
        (b"username=x&password=x&totp=000000", "application/x-www-form-urlencoded"),
    ],
)
def test_a_body_that_cant_be_read_is_bad_input(desk: Desk, content: bytes, media_type: str) -> None:
    """Broken JSON, other encodings and other media types are 422 and come back in no form."""
    answer = desk.client.post("/v1/sessions", content=content, headers={"Content-Type": media_type})

    assert (422, MEDIA_TYPE) == (answer.status_code, answer.headers["content-type"])
    assert SECRET not in answer.text


def test_headers_in_any_bytes_break_nothing(desk: Desk) -> None:
    """A header that isn't text is a wrong header and no more."""
    headers = {b"Cookie": b"session=\xff\xfe; \x80", b"X-CSRF-Token": b"\xff", b"Accept": b"\xc3\x28"}

    assert 401 == desk.client.get("/v1/me", headers=headers).status_code


def test_every_status_of_a_problem_is_documented() -> None:
    """The description knows each status that a problem may have, and each action's quota is one's own."""
    statuses = {problem.status for problem in (*PROBLEM_OF.values(), *PROBLEM_OF_STATUS.values())}

    assert statuses - {405} <= set(PROBLEMS)
    assert QUOTAS.keys() <= set(Action)


def test_the_description_shows_problems_as_they_are(desk: Desk) -> None:
    """`/openapi.json` describes errors as problems, and there is no page with foreign scripts."""
    description = desk.client.get("/openapi.json").json()

    responses = description["paths"]["/v1/exports"]["post"]["responses"]
    assert {"202", "401", "403", "404", "409", "422", "429", "503"} <= responses.keys()
    assert MEDIA_TYPE in responses["422"]["content"]
    assert ProblemBody.__name__ in description["components"]["schemas"]
    assert [404, 404] == [desk.client.get(path).status_code for path in ("/docs", "/redoc")]
