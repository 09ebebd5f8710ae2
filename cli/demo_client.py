"""An agent's way through the service, over HTTP like everybody's.

Knows an URL and what the agent signs in with, and nothing of the house behind it. The
portal's answers are JSON; a refusal is a problem document with rule, clause and advice.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx2
import pyotp

from house.enrolment import SignIn

_ANSWER_SECONDS = 30.0
_POLL_SECONDS = 0.1
_ON_THE_WAY = frozenset({"accepted", "built", "sending"})
_REQUEST = {"purpose": "service-delegated-consumers", "channel": "email"}


class AgentError(Exception):
    """The service answered otherwise than the agent had to expect."""


class AgentClient:
    """One agent with one session."""

    def __init__(self, url: str) -> None:
        # No proxy of the environment stands between this machine and itself.
        self._http = httpx2.Client(base_url=url, timeout=_ANSWER_SECONDS, trust_env=False)

    def __enter__(self) -> Self:
        """Use the client as a context."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self._http.close()

    def sign_in(self, sign_in: SignIn) -> dict[str, Any]:
        """Sign in with password and second factor; later calls carry the session."""
        code = pyotp.TOTP(sign_in.totp_secret).now()
        answer = self._call(
            "POST",
            "/v1/sessions",
            201,
            json={"username": sign_in.username, "password": sign_in.password, "totp": code},
        )
        self._http.headers["X-CSRF-Token"] = answer["csrf"]
        return answer

    def request_export(self) -> dict[str, Any]:
        """Ask for the own book by mail, the privacy acknowledgement given."""
        return self._call(
            "POST",
            "/v1/exports",
            202,
            json={**_REQUEST, "acknowledged": True},
            headers={"Idempotency-Key": str(uuid4())},
        )

    def request_without_acknowledgement(self) -> dict[str, Any]:
        """Ask for the same without the acknowledgement; return the refusal."""
        return self._call(
            "POST",
            "/v1/exports",
            403,
            json={**_REQUEST, "acknowledged": False},
            headers={"Idempotency-Key": str(uuid4())},
        )

    def export(self, export: str) -> dict[str, Any]:
        """Return how an export stands."""
        return self._call("GET", f"/v1/exports/{export}", 200)

    def follow_export(
        self, export: str, seconds: float, see: Callable[[dict[str, Any]], None]
    ) -> dict[str, Any]:
        """Watch an export until it is on the way no more; `see` is shown each answer."""
        deadline = time.monotonic() + seconds
        while True:
            answer = self.export(export)
            see(answer)
            if answer["state"] not in _ON_THE_WAY:
                return answer
            if time.monotonic() > deadline:
                raise AgentError(f"the export is still {_standing(answer)} after {seconds:.0f} seconds")
            time.sleep(_POLL_SECONDS)

    def reveal_passphrase(self, export: str) -> str:
        """Have the passphrase shown; counts as one of a few times."""
        return str(self._call("POST", f"/v1/exports/{export}/passphrase", 200)["passphrase"])

    def cookies(self) -> dict[str, str]:
        """Return the session's cookie, for another connection."""
        return dict(self._http.cookies)

    def sign_out(self) -> None:
        """End the session."""
        self._call("DELETE", "/v1/sessions/current", 204)

    def _call(self, method: str, path: str, expected: int, **options: Any) -> dict[str, Any]:
        try:
            answer = self._http.request(method, path, **options)
        except httpx2.HTTPError as error:
            raise AgentError(f"{method} {path}: no answer ({type(error).__name__})") from None
        if answer.status_code != expected:
            raise AgentError(f"{method} {path}: {answer.status_code} instead of {expected}{_why(answer)}")
        body: dict[str, Any] = answer.json() if answer.content else {}
        return body


def _standing(answer: dict[str, Any]) -> str:
    reason = f" ({answer['reason']})" if answer.get("reason") else ""
    return f"{answer['state']}{reason}"


def _why(answer: httpx2.Response) -> str:
    """Return a problem's title and rules: words of ours, never an echo of what was sent."""
    if answer.headers.get("content-type", "").startswith("application/problem+json"):
        problem = answer.json()
        said = (problem.get(name) for name in ("title", "rule", "clause", "advice"))
        return "".join(f"; {each}" for each in said if each)
    return ""
