"""The signed head for witnesses: what they need to check the ledger's growth, and their answer.

Laws
1. A head holds nobody's data: a ledger's name, how many entries, a root, signatures.
2. What is handed out has the form of a submission to a witness (c2sp.org/tlog-witness), so that
   whoever fetches it can judge it without a word from us.
3. A line is taken only from a witness that the installation names, verified, over a head of this
   ledger, and once; whoever else posts changes nothing.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import PlainTextResponse

from api.documented import PROBLEMS
from api.monitors import let_monitors_in
from api.problems import BAD_INPUT, NOT_FOUND
from api.signed_in import HouseHere
from audit.anchor import AnchorError
from audit.entry import Actor
from audit.movement import consistency_between
from audit.note import NoteError
from audit.witness import SIZE_MEDIA_TYPE, write_submission
from house.anchors import ledger_keys
from house.witnesses import take_cosigned, with_cosignatures
from policies.gate import Who
from runtime.database import reading

router = APIRouter(
    prefix="/v1/heads", tags=["heads"], dependencies=[Depends(let_monitors_in)], responses=PROBLEMS
)
_API = Who(actor=Actor(kind="service", id="api", role="service"), client="local:api")


@router.get("/newest", response_class=PlainTextResponse)
def show_newest(house: HouseHere, old: Annotated[int, Query(ge=0, le=2**53 - 1)] = 0) -> Response:
    """Give the newest signed checkpoint with the proof that it extends the ledger's first `old` entries.

    409 with the size where the ledger has fewer.
    """
    note = house.reader.checkpoint()
    if note is None:
        return NOT_FOUND.answer()
    _key, head = ledger_keys(house).read_checkpoint(note)
    if old > head.size:
        return Response(f"{head.size}\n", HTTPStatus.CONFLICT, media_type=SIZE_MEDIA_TYPE)
    with reading(house.engine) as connection:
        proof = consistency_between(connection, old, head.size)
    return PlainTextResponse(write_submission(old, proof, with_cosignatures(house, note, head)))


async def _text(request: Request) -> str:
    # The door read the body already, and let no long one in.
    return (await request.body()).decode("utf-8", "replace")


@router.post("/cosigned", status_code=HTTPStatus.NO_CONTENT)
def take_line(house: HouseHere, note: Annotated[str, Depends(_text)]) -> Response:
    """Take a cosigned checkpoint (the body, as text) and keep the lines of known witnesses."""
    try:
        take_cosigned(house, note, _API)
    except (NoteError, AnchorError):
        return BAD_INPUT.answer()
    return Response(status_code=HTTPStatus.NO_CONTENT)
