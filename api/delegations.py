"""Ending delegations between two snapshots: an operator posts what the exchange says.

Law: what is posted ends delegations and never starts one; ids come in the body alone, become
pseudonyms in the vault, and stand in no address, log, entry or answer.
"""

from __future__ import annotations

import hashlib

import rfc8785
from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.documented import PROBLEMS
from api.errors import UnknownChoiceError
from api.held_keys import HeldKeys
from api.signed_in import Changer, HouseHere, SignedIn
from house.delegations import Fate, FeedTaken, end_delegations
from house.wiring import House
from snapshot.feed import FeedError, check_lines

router = APIRouter(prefix="/v1/delegations", tags=["delegations"], responses=PROBLEMS)

_AT_ONCE = 500
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


@router.post("/ended")
def take_ends(body: AskedEnds, visitor: Changer, house: HouseHere, request: Request) -> EndsTold:
    """End delegations before the next snapshot does. Operators only; the same again changes nothing."""
    return ends_told(post_ends(house, visitor, body, request.app.state.held_keys))


def post_ends(house: House, visitor: SignedIn, asked: AskedEnds, keys: HeldKeys) -> FeedTaken:
    """Take posted ends over. Raises UnknownChoiceError, RefusedError, VaultError."""
    records = [one.model_dump(mode="json") for one in asked.ended]
    try:
        lines = check_lines(records, house.clock.now())
    except FeedError:
        # Forms are checked before: what is left is a moment that is still to come.
        raise UnknownChoiceError("ended.ended_at") from None
    taken = end_delegations(house, visitor.who, lines, hashlib.sha256(rfc8785.dumps(records)).hexdigest())
    for export, _ in taken.books:
        keys.drop(export)
    return taken


def ends_told(taken: FeedTaken) -> EndsTold:
    """Return what became of a feed as JSON has it."""
    books = [BookConcerned(export=export, fate=fate) for export, fate in taken.books]
    return EndsTold(lines=taken.lines, ended=taken.ended, books=books)
