"""Operators end delegations over HTTP; the list shows who is left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from audit.events import Event
from identity.people import Role
from tests.api.callers import Desk
from tests.api.listed import AGENT, PLANTED, some_extract
from tests.api.reviewers import a_member
from tests.installation import Installation, an_installation

ENDS, SEARCH = "/v1/delegations/ended", "/v1/consumers/search"
SINCE = "2026-11-21T08:00:00-08:00"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation whose snapshot holds many rows of one agent."""
    folder = tmp_path_factory.mktemp("delegations")
    with an_installation(folder) as installation:
        installation.take_roster()
        installation.publish(some_extract(folder / "extract.csv"))
        yield installation


def _end(agent: str, *consumers: str, at: str = SINCE) -> dict[str, Any]:
    return {
        "ended": [{"agent_license_number": agent, "consumer_id": one, "ended_at": at} for one in consumers]
    }


def test_who_ended_is_gone_from_the_list_and_counted_in_its_entry(desk: Desk) -> None:
    """The next page lacks the consumer; its release commits to who is shown, and tells of one withheld."""
    agent = desk.with_session(AGENT)
    assert 1 == agent.post(SEARCH, {"query": PLANTED}).json()["total"]
    before = agent.post(SEARCH, {}).json()["listed"]
    answer = a_member(desk, Role.OPERATOR).post(ENDS, _end(AGENT, "9999999999"))
    assert (200, {"lines": 1, "ended": 1, "books": []}) == (answer.status_code, answer.json())
    assert 0 == agent.post(SEARCH, {"query": PLANTED}).json()["total"]
    assert before - 1 == agent.post(SEARCH, {}).json()["listed"]
    shown = [entry for entry in desk.entries() if entry.event is Event.RELEASE_STARTED][-1]
    assert shown.consumers is not None
    assert 1 == shown.consumers.withheld


def test_nobody_but_an_operator_ends_delegations(desk: Desk) -> None:
    """Neither a reviewer nor the agent; what they posted stands in no answer."""
    for caller in (a_member(desk), desk.with_session(AGENT)):
        answer = caller.post(ENDS, _end(AGENT, "C-secret"))
        assert 403 == answer.status_code
        assert "C-secret" not in answer.text


@pytest.mark.parametrize(
    "body",
    [
        {"ended": []},
        _end("0b65625", "C1"),
        _end(AGENT, "C 1"),
        _end(AGENT, "C1", at="2026-11-21T08:00:00"),
        _end(AGENT, "C1", at="2099-01-01T00:00:00Z"),
        {"ended": [{"agent_license_number": AGENT, "consumer_id": "C1", "begun_at": SINCE}]},
    ],
)
def test_what_is_no_feed_is_refused(desk: Desk, body: dict[str, Any]) -> None:
    """Nothing is recorded for it."""
    operator = a_member(desk, Role.OPERATOR)
    size = desk.house.reader.head().size
    assert 422 == operator.post(ENDS, body).status_code
    assert size == desk.house.reader.head().size
