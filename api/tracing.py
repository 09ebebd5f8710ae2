"""Tracing for reviewers: paste some rows of a copy, and see which exports could have produced it.

Laws
1. What is pasted is fingerprinted and compared in memory, and kept by nobody; a request's size bounds
   it. A whole file is traced at the console (`sealedbook trace`).
2. Permitted and recorded before anything is compared, and once more with what came of it.
"""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.documented import PROBLEMS
from api.signed_in import Changer, HouseHere, SignedIn
from book.errors import CopyError
from book.likeness import Certainty
from house.tracing import trace_copy
from house.wiring import House

router = APIRouter(prefix="/v1/audit", tags=["audit"], responses=PROBLEMS)


class PastedRows(BaseModel):
    """Rows as CSV or as a spreadsheet's clipboard has them, the header first."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    rows: str = Field(default="", max_length=60_000)


class CandidateTold(BaseModel):
    """An export that the rows could have come out of."""

    export: str
    certainty: Certainty
    reasons: list[str]


class TraceTold(BaseModel):
    """What came of it, the likeliest export first; `wrong` says why the rows can't be read."""

    rows: int
    columns: list[str]
    items: list[CandidateTold]
    wrong: str | None = None


@router.post("/trace")
def take_trace(body: PastedRows, visitor: Changer, house: HouseHere) -> TraceTold:
    """Say which exports could have produced these rows, with how sure that is and why."""
    return trace_rows(house, visitor, body.rows)


def trace_rows(house: House, visitor: SignedIn, rows: str) -> TraceTold:
    """Trace pasted rows, for JSON and HTML alike. Raises RefusedError."""
    try:
        # In front a mark that makes it text, whatever was pasted.
        copy, found = trace_copy(house, visitor.who, b"\xef\xbb\xbf" + rows.encode("utf-8", "replace"))
    except CopyError as error:
        return TraceTold(rows=0, columns=[], items=[], wrong=str(error))
    items = [
        CandidateTold(export=one.export, certainty=one.certainty, reasons=list(one.reasons)) for one in found
    ]
    return TraceTold(rows=copy.prints.rows, columns=list(copy.columns), items=items)
