"""Systems that post with a key, and those who issue it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from httpx2 import Response

from audit.entry import Actor
from policies.gate import Who
from store.sessions import digest_of
from tests.api.callers import Caller, Desk

ENDS, KEYS = "/v1/delegations/ended", "/v1/keys"
MANAGER, AGENT, OUTSIDER = "0C86404", "0E54140", "0I87223"
"""A manager, an agent of their agency, and one of another."""
SINCE = "2026-11-21T08:00:00-08:00"


@dataclass(frozen=True)
class System:
    """An agency's or the exchange's system: it has no cookie and no token but its key."""

    caller: Caller
    id: str
    key: str

    def post(self, agent: str = AGENT, consumer: str = "C-1", **headers: str) -> Response:
        """Post that a delegation ended."""
        ended = [{"agent_license_number": agent, "consumer_id": consumer, "ended_at": SINCE}]
        return self.caller.post(ENDS, {"ended": ended}, **self.headers(), **headers)

    def post_csv(self, text: str) -> Response:
        """Post a file."""
        headers = self.headers() | {"Content-Type": "text/csv; charset=utf-8"}
        return self.caller.client.post(ENDS, content=text.encode(), headers=headers)

    @property
    def who(self) -> Who:
        """Return whom the gate sees."""
        actor = Actor(kind="system", id=self.id, role="system", session=digest_of(self.key))
        return Who(actor=actor, client="local:test")

    def headers(self) -> dict[str, str]:
        """Return what the system shows."""
        return {"Authorization": f"Bearer {self.key}"}


def issue(desk: Desk, issuer: Any, label: str = "Agency system 1.0") -> System:
    """Have somebody issue a key."""
    answer = issuer.post(KEYS, {"label": label})
    assert 201 == answer.status_code, answer.text
    body = answer.json()
    assert {"id", "label", "key", "expires_at"} == body.keys()
    assert label == body["label"]
    return System(desk.caller(), body["id"], body["key"])


def state_of(issuer: Caller, system: System) -> str:
    """Return what the list says of a key."""
    found: dict[str, Any] = next(one for one in issuer.get(KEYS).json()["items"] if one["id"] == system.id)
    return str(found["state"])


def rules_of(answer: Response) -> list[str]:
    """Return the rules that an answer cites."""
    return [one["rule"] for one in answer.json()["rules"]]
