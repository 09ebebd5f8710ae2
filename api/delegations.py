"""Ending delegations between two snapshots: an operator, or a system with its key, posts what ended.

Law: what is posted ends delegations and never starts one; ids come in the body alone, become
pseudonyms in the vault, and stand in no address, log, entry or answer.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated, Any

import rfc8785
from fastapi import APIRouter, Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from api.bearers import Sender
from api.documented import PROBLEMS
from api.errors import UnknownChoiceError
from api.held_keys import HeldKeys
from api.signed_in import HouseHere
from house.delegations import Fate, FeedTaken, end_delegations
from house.wiring import House
from policies.gate import Who
from snapshot.feed import EndedLine, FeedError, check_lines, read_feed

router = APIRouter(prefix="/v1/delegations", tags=["delegations"], responses=PROBLEMS)

_AT_ONCE = 500
_CSV = "text/csv"
_STRICT = ConfigDict(extra="forbid", hide_input_in_errors=True)


class EndedDelegation(BaseModel):
    """A consumer's delegation to an agent ended at a moment."""

    model_config = _STRICT

    agent_license_number: str = Field(pattern=r"^[0-9A-Z]{4,16}$")
    consumer_id: str = Field(pattern=r"^[!-~]{1,64}$")
    ended_at: AwareDatetime


class AskedEnds(BaseModel):
    """Delegations that ended."""

    model_config = _STRICT

    ended: list[EndedDelegation] = Field(min_length=1, max_length=_AT_ONCE)


def _described() -> dict[str, Any]:
    """Return how the two forms of a body look, for the OpenAPI description."""
    schema = AskedEnds.model_json_schema()
    schema["properties"]["ended"]["items"] = schema.pop("$defs")[EndedDelegation.__name__]
    forms = {"application/json": {"schema": schema}, _CSV: {"schema": {"type": "string"}}}
    return {"required": True, "content": forms}


class BookConcerned(BaseModel):
    """A book that holds one of the consumers, and what became of it."""

    export: str
    fate: Fate


class EndsTold(BaseModel):
    """How many were posted, how many weren't known before, and the books that were concerned.

    `rebuilt`: it wasn't sent and is made anew; `revoked`: it was sent and nobody had opened it;
    `sending`: it is on its way, and its passphrase isn't shown; `opened`: it can't be taken back.
    """

    lines: int
    ended: int
    books: list[BookConcerned]


@dataclass(frozen=True, kw_only=True)
class PostedFeed:
    """What was posted, and the SHA-256 (hex) of its canonical form: of JSON RFC 8785, of CSV the bytes."""

    lines: list[EndedLine]
    digest: str


async def read_ends(request: Request, house: HouseHere) -> PostedFeed:
    """Read a feed, as JSON or as CSV. Raises RequestValidationError, UnknownChoiceError and FeedError."""
    body, now = await request.body(), house.clock.now()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == _CSV:
        return PostedFeed(lines=read_feed(body, now), digest=hashlib.sha256(body).hexdigest())
    try:
        asked = AskedEnds.model_validate_json(body)
    except ValidationError as error:
        told = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError([one | {"loc": ("body", *one["loc"])} for one in told]) from None
    records = [one.model_dump(mode="json") for one in asked.ended]
    try:
        lines = check_lines(records, now)
    except FeedError:
        # Forms are checked before: what is left is a moment that is still to come.
        raise UnknownChoiceError("ended.ended_at") from None
    return PostedFeed(lines=lines, digest=hashlib.sha256(rfc8785.dumps(records)).hexdigest())


@router.post("/ended", openapi_extra={"requestBody": _described()})
def take_ends(
    who: Sender, posted: Annotated[PostedFeed, Depends(read_ends)], house: HouseHere, request: Request
) -> EndsTold:
    """End delegations before the next snapshot does; the same again changes nothing.

    For operators, and for systems with a key: an agency's ends delegations of that agency's agents. As
    CSV a feed has the columns `agent_license_number`, `consumer_id` and either `ended_on` or `ended_at`.
    """
    return ends_told(post_ends(house, who, posted, request.app.state.held_keys))


def post_ends(house: House, who: Who, posted: PostedFeed, keys: HeldKeys) -> FeedTaken:
    """Take posted ends over. Raises RefusedError, VaultError."""
    taken = end_delegations(house, who, posted.lines, posted.digest)
    for export, _ in taken.books:
        keys.drop(export)
    return taken


def ends_told(taken: FeedTaken) -> EndsTold:
    """Return what became of a feed as JSON has it."""
    books = [BookConcerned(export=export, fate=fate) for export, fate in taken.books]
    return EndsTold(lines=taken.lines, ended=taken.ended, books=books)
