"""The kinds of problem (RFC 9457) that this door answers with, and how one is written.

Law: a problem's words are ours and fixed. What was sent and what an exception says have no
place in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from fastapi.responses import JSONResponse

MEDIA_TYPE = "application/problem+json"
_KIND = "urn:sealedbook:problem:"


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One kind of problem: status, code (the last part of `type`), title and what to do."""

    status: int
    code: str
    title: str
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def answer(self, **more: Any) -> JSONResponse:
        """Return the response; `more` are members beside RFC 9457's own."""
        body = {"type": _KIND + self.code, "title": self.title, "status": self.status, "detail": self.detail}
        request = structlog.contextvars.get_contextvars().get("request")
        return JSONResponse(
            body | more | ({"request": request} if request else {}),
            status_code=self.status,
            headers=dict(self.headers),
            media_type=MEDIA_TYPE,
        )


SIGN_IN_FAILED = Problem(
    status=401,
    code="sign-in-failed",
    title="That didn't sign you in",
    detail="User name, password or code isn't right.",
    headers={"WWW-Authenticate": "Session"},
)
TOO_LONG_QUERY = Problem(
    status=414,
    code="query-too-long",
    title="That address is too long",
    detail="No address of ours has so long a query; searches are sent, not addressed.",
)
UNREADABLE_HEADER = Problem(
    status=400,
    code="unreadable-header",
    title="A header can't be read",
    detail="Headers have to be UTF-8; send the request again without the damaged one.",
)
SIGNED_OUT = Problem(
    status=401,
    code="signed-out",
    title="You aren't signed in",
    detail="Sign in; a session ends after a while, and when you sign in elsewhere.",
    headers={"WWW-Authenticate": "Session"},
)
KEY_REFUSED = Problem(
    status=401,
    code="key-refused",
    title="That key isn't good",
    detail="A manager of the agency, or an operator, sees under System keys why, and issues another.",
    headers={"WWW-Authenticate": "Bearer"},
)
TWO_IDENTITIES = Problem(
    status=422,
    code="two-identities",
    title="Either a session or a key",
    detail="Send the cookie of a session or a system's key, not both.",
)
REFUSED = Problem(
    status=403, code="refused", title="A rule refuses this", detail="See clause and advice; it was recorded."
)
FORGED = Problem(
    status=403,
    code="csrf",
    title="The call doesn't prove that you made it",
    detail="Send the token that the sign-in returned in X-CSRF-Token.",
)
NOT_FOUND = Problem(
    status=404, code="not-found", title="Not found", detail="There is nothing here that you may know of."
)
WRONG_METHOD = Problem(
    status=405, code="method", title="Not done this way", detail="See Allow for the methods of this address."
)
WRONG_STATE = Problem(
    status=409, code="wrong-state", title="Not in this state", detail="The export's state doesn't allow it."
)
OVERTAKEN = Problem(
    status=409,
    code="overtaken",
    title="Something else came first",
    detail="Things changed meanwhile and nothing was shown. Look again.",
)
BUSY = Problem(
    status=409,
    code="busy",
    title="A verification is under way",
    detail="The whole ledger is verified once at a time. Try again in a minute.",
)
NO_SNAPSHOT = Problem(
    status=409,
    code="no-snapshot",
    title="No data yet",
    detail="No snapshot was published yet. Data come each Friday night; ask the operator about the first.",
)
DESTROYED = Problem(
    status=409, code="destroyed", title="Destroyed", detail="This was destroyed and can't be opened again."
)
INVITATION_USED = Problem(
    status=409,
    code="invitation-used",
    title="This invitation was used",
    detail="It was accepted already with another password. If that wasn't you, tell who invited you.",
)
WRONG_CODE = Problem(
    status=422,
    code="wrong-code",
    title="That code isn't right",
    detail="Wait for the authenticator's next code, then enter that one.",
)
KEY_REUSED = Problem(
    status=409,
    code="idempotency-key",
    title="That key belongs to another request",
    detail="An Idempotency-Key repeats one request; take a new key for a new one.",
)
TOO_LARGE = Problem(status=413, code="too-large", title="Too large", detail="A body has at most 64 KiB.")
BAD_INPUT = Problem(
    status=422, code="bad-input", title="That can't be read", detail="`fields` says where and why."
)
BAD_CURSOR = Problem(
    status=422,
    code="cursor",
    title="That page isn't one of this search",
    detail="Search again from the first page; a cursor goes with its own query, filters, sort and session.",
)
BAD_RANGE = Problem(
    status=416,
    code="range",
    title="There are no such bytes",
    detail="The range begins behind the book's end; Content-Range says how long it is.",
)
TOO_MANY_WATCHERS = Problem(
    status=429,
    code="watchers",
    title="Enough is being watched",
    detail="This session watches as many exports as it may. Close a page, or look at the export instead.",
)
QUOTA = Problem(
    status=429, code="quota", title="That's as often as it may be", detail="See clause and advice."
)
BROKEN = Problem(
    status=500,
    code="broken",
    title="Something broke on our side",
    detail="Tell the operator the request's number.",
)
UNRECORDABLE = Problem(
    status=503,
    code="unrecordable",
    title="Access is refused: it can't be recorded",
    detail="Nothing is shown that can't be recorded. Nothing was changed; try again in a minute.",
)
HALTED = Problem(
    status=503,
    code="halted",
    title="Access is refused for now",
    detail="The house can't vouch for its evidence just now; `/readyz` says why. Nothing was changed;"
    " it goes on by itself once that is mended.",
)
NO_POLICY = Problem(
    status=503,
    code="no-policy",
    title="Access is refused: no policy set is in force",
    detail="Nothing is shown before two people approved a policy set. Nothing was changed.",
)
UNPROVABLE = Problem(
    status=503,
    code="unprovable",
    title="Access is refused: it can't be proved",
    detail="The vault didn't open. Nothing was shown; try again in a minute, or tell the operator.",
)
SNAPSHOT_BROKEN = Problem(
    status=503,
    code="snapshot-broken",
    title="Access is refused: the data failed a check",
    detail="This week's data aren't what was published. Nothing was shown; tell the operator.",
)
UNDECIDED = Problem(
    status=503, code="undecided", title="Access is refused: it can't be decided", detail="See advice."
)
