"""Keys of systems over HTTP: issued, listed, revoked; and the doors that a key doesn't open."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog
from fastapi.testclient import TestClient
from sqlalchemy import select

from api.app import make_app
from audit.entry import Resource
from audit.events import Event
from house.passwords import Passwords
from identity.people import Role
from policies.actions import Action
from runtime.clock import rfc3339
from runtime.database import reading
from store.api_keys import KEY_KIND, new_key
from store.tables import api_keys
from tests.api.callers import LIGHT, Caller, Desk
from tests.api.reviewers import a_member
from tests.api.routes import KnownRoute, every_route
from tests.api.systems import AGENT, ENDS, KEYS, System, issue, rules_of
from tests.api.test_every_route import OPEN
from tests.backends import refuse_entries, take_entries
from tests.installation import Installation, a_published_installation


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation with a roster and published data."""
    with a_published_installation(tmp_path_factory.mktemp("keys")) as made:
        yield made


def test_a_key_is_shown_once_and_kept_nowhere(desk: Desk, manager: Caller, system: System) -> None:
    """Neither the list nor the database nor the ledger holds the secret."""
    system.post(consumer="C-kept")
    secret = system.key[21:]
    assert 43 == len(secret)
    assert secret not in manager.get(KEYS).text
    for path in desk.home.data.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path
    assert not any(secret.encode() in entry.encode() for entry in desk.entries())


def test_issuing_and_revoking_are_recorded(desk: Desk, manager: Caller) -> None:
    """Each is a permit and what followed from it, with the digest of the row; both name the key's id."""
    before = desk.house.reader.head().size
    system = issue(desk, manager)
    revoked = manager.post(f"{KEYS}/{system.id}/revoke")
    assert (200, "revoked") == (revoked.status_code, revoked.json()["state"])
    again = manager.post(f"{KEYS}/{system.id}/revoke")
    assert (200, "revoked") == (again.status_code, again.json()["state"])
    entries = [entry for entry in desk.entries()[before:] if entry.action == Action.MANAGE_KEYS.value]
    assert [
        Event.APIKEY_REQUESTED,
        Event.APIKEY_ISSUED,
        Event.APIKEY_REQUESTED,
        Event.APIKEY_REVOKED,
        Event.APIKEY_REQUESTED,
    ] == [entry.event for entry in entries]
    assert {Resource(kind=KEY_KIND, id=system.id)} == {entry.resource for entry in entries}
    assert [False, True, False, True, False] == [entry.record is not None for entry in entries]


@pytest.mark.parametrize("label", ["", " x", "a" * 61, "x\n", "a/b", "María", "<b>"])
def test_a_label_is_a_short_name(manager: Caller, label: str) -> None:
    """Anything else is bad input."""
    assert 422 == manager.post(KEYS, {"label": label}).status_code


def test_keys_are_the_managers_and_operators(desk: Desk, manager: Caller, system: System) -> None:
    """Agents and reviewers neither see nor issue any; another agency's key isn't there."""
    reviewer, agent = a_member(desk), desk.with_session(AGENT)
    for caller in (reviewer, agent):
        assert 404 == caller.get(KEYS).status_code
        assert 403 == caller.post(KEYS, {"label": "mine"}).status_code
        assert 403 == caller.post(f"{KEYS}/{system.id}/revoke").status_code
    exchange = issue(desk, a_member(desk, Role.OPERATOR))
    for unknown in (exchange.id, "0" * 16, "nothing", "0" * 200):
        assert 404 == manager.post(f"{KEYS}/{unknown}/revoke").status_code
    assert exchange.id not in manager.get(KEYS).text
    assert 200 == a_member(desk, Role.OPERATOR).post(f"{KEYS}/{system.id}/revoke").status_code


def test_issuing_asks_for_a_fresh_second_factor(desk: Desk, manager: Caller) -> None:
    """R14, as for everything that opens a way in."""
    desk.house.clock.advance(minutes=6)
    for answer in (manager.post(KEYS, {"label": "late"}), manager.post(f"{KEYS}/{'0' * 16}/revoke")):
        assert "R14" in rules_of(answer)


FEED = ("POST", ENDS)
GUARDED = [route for route in every_route() if str(route) not in OPEN and (route.method, route.path) != FEED]


@pytest.mark.parametrize("route", GUARDED, ids=str)
def test_a_key_opens_no_other_door(desk: Desk, route: KnownRoute) -> None:
    """With a good key every other route is as without anything: 401, or the way to sign in."""
    system = issue(desk, a_member(desk, Role.OPERATOR))
    before = desk.house.reader.head().size
    answer = system.caller.client.request(
        route.method, route.at(), headers=system.headers(), follow_redirects=False
    )
    assert answer.status_code in {401, 403} or (
        303 == answer.status_code and answer.headers["location"].startswith("/sign-in")
    )
    assert before == desk.house.reader.head().size


def test_the_description_tells_of_the_key(desk: Desk) -> None:
    """OpenAPI has the bearer beside the session, and both forms of a feed."""
    described = desk.client.get("/openapi.json").json()
    route = described["paths"][ENDS]["post"]
    assert {"application/json", "text/csv"} == route["requestBody"]["content"].keys()
    assert [{"SystemKey": []}, {"Session": []}] == route["security"]
    assert "bearer" == described["components"]["securitySchemes"]["SystemKey"]["scheme"]


def test_moments_are_those_of_the_house(desk: Desk, manager: Caller, system: System) -> None:
    """A key counts for as many days as the numbers say."""
    listed = next(one for one in manager.get(KEYS).json()["items"] if one["id"] == system.id)
    with reading(desk.house.engine) as connection:
        row = connection.execute(select(api_keys).where(api_keys.c.id == system.id)).one()
    assert row.expires_at == listed["expires_at"]
    assert row.issued_at < rfc3339(desk.house.clock.now()) < row.expires_at


@pytest.mark.parametrize("is_known", [True, False])
def test_a_bad_key_comes_on_the_beat(desk: Desk, manager: Caller, *, is_known: bool) -> None:
    """Revoked or never issued: no sooner than the next multiple of the beat, as failed sign-ins."""
    token = new_key()[1]
    if is_known:
        revoked = issue(desk, manager)
        token = revoked.key
        manager.post(f"{KEYS}/{revoked.id}/revoke")
    app = make_app(desk.house, Passwords(LIGHT), beat_seconds=0.2)

    with structlog.testing.capture_logs() as logged:
        TestClient(app).post(ENDS, json={"ended": []}, headers={"Authorization": f"Bearer {token}"})

    (line,) = [line for line in logged if line["event"] == "request.answered"]
    assert (401, True) == (line["status"], line["milliseconds"] >= 199)
    assert token[21:] not in str(logged)


def test_a_key_is_judged_only_where_it_can_be_recorded(desk: Desk, system: System) -> None:
    """While the ledger takes no entry a good key and a bad one are answered alike."""
    bad = System(desk.caller(), "", new_key()[1])
    refuse_entries(desk.house.engine)
    try:
        answers = [one.post(consumer="C-unrecorded") for one in (system, bad)]
    finally:
        take_entries(desk.house.engine)
    assert [503, 503] == [answer.status_code for answer in answers]
