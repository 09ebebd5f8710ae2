"""How problems look, for the OpenAPI description; `problems.py` makes them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from api.problems import MEDIA_TYPE


class RuleTold(BaseModel):
    """One rule that refused."""

    rule: str
    clause: str
    advice: str


class FieldTold(BaseModel):
    """One field that can't be read, with the reason as a code."""

    field: str
    problem: str


class ProblemBody(BaseModel):
    """RFC 9457, with what refused and where that is recorded."""

    type: str
    title: str
    status: int
    detail: str
    request: str | None = Field(default=None, description="the request's number, also in the log")
    rule: str | None = None
    clause: str | None = None
    advice: str | None = None
    decision: int | None = Field(default=None, description="the ledger entry's index")
    rules: list[RuleTold] | None = None
    fields: list[FieldTold] | None = None
    state: str | None = Field(default=None, description="the export's state")
    reasons: list[str] | None = Field(default=None, description="what isn't ready, as codes")


_MEANINGS = {
    401: "not signed in, or the sign-in failed",
    403: "a rule refuses, or the CSRF token is missing",
    404: "nothing that this person may know of",
    409: "the state doesn't allow it",
    413: "a body over 64 KiB",
    416: "a range behind the end",
    422: "bad input",
    429: "a quota is used up",
    500: "something broke; the request's number finds it",
    503: "refused because it can't be recorded, proved or decided",
}


def _documented(status: int) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{ProblemBody.__name__}"}
    return {
        "description": _MEANINGS[status],
        "model": ProblemBody,
        "content": {MEDIA_TYPE: {"schema": schema}},
    }


PROBLEMS: dict[int | str, dict[str, Any]] = {status: _documented(status) for status in _MEANINGS}
"""What any call under `/v1` may answer beside its own."""
