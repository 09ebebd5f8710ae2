"""A witness's judgement (c2sp.org/tlog-witness): which checkpoint may follow the one it signed last.

A witness promises that all checkpoints of a ledger that bear its line are of one history, and that
the ledger never shrank. Laws of this file:
1. A checkpoint is judged against the last one that was signed for its origin, and by a proof from
   exactly there; nothing smaller, beside it or unproven passes.
2. Everything that isn't signed has a status of HTTP, so that a ledger can tell "you are behind"
   (409 with the size to go on from) from "this is another history" (422, or 409 at the same size).
3. Pure, and free of the house: it can be lifted out with `note.py`, `checkpoint.py`, `proofs.py`,
   `tree.py`, `key_history.py`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from audit.checkpoint import Head
from audit.key_history import KeyHistory
from audit.note import NoteError, from_base64, split_note, to_base64
from audit.proofs import HASH_BYTES, ProofError, verify_consistency
from audit.tree import EMPTY_ROOT

MAX_PROOF_LINES: Final = 63
MAX_BODY_BYTES: Final = 64 * 1024
SIZE_MEDIA_TYPE: Final = "text/x.tlog.size"
_OLD = re.compile(r"old (0|[1-9][0-9]{0,15})", re.ASCII)


class WitnessRefusedError(Exception):
    """The witness doesn't cosign; `status` says why, `size` is the one it signed last, on a 409."""

    def __init__(self, status: HTTPStatus, says: str, size: int | None = None) -> None:
        super().__init__(says)
        self.status = status
        self.size = size


@dataclass(frozen=True, kw_only=True)
class Submission:
    """A checkpoint with its proof of consistency from the ledger's first `old` entries."""

    old: int
    proof: tuple[bytes, ...]
    note: str

    @property
    def origin(self) -> str:
        """The ledger's name, as the checkpoint has it."""
        return self.note.partition("\n")[0]


def write_submission(old: int, proof: Sequence[bytes], note: str) -> str:
    """Write the body of `add-checkpoint`."""
    return "".join([f"old {old}\n", *(f"{to_base64(each)}\n" for each in proof), "\n", note])


def read_submission(text: str) -> Submission:
    """Read exactly what `write_submission` writes. Raises WitnessRefusedError (400)."""
    head, blank, note = text.partition("\n\n")
    first, *lines = head.split("\n")
    old = _OLD.fullmatch(first)
    if old is None or not blank or len(lines) > MAX_PROOF_LINES:
        raise WitnessRefusedError(HTTPStatus.BAD_REQUEST, "a submission is old size, proof, empty line, note")
    try:
        proof = tuple(from_base64(each, "a proof's line") for each in lines)
        split_note(note)
    except NoteError as error:
        raise WitnessRefusedError(HTTPStatus.BAD_REQUEST, str(error)) from None
    if any(len(each) != HASH_BYTES for each in proof):
        raise WitnessRefusedError(HTTPStatus.BAD_REQUEST, "a proof's line isn't 32 bytes")
    return Submission(old=int(old[1]), proof=proof, note=note)


def judge(seen: Head | None, submission: Submission, keys: KeyHistory) -> Head:
    """Return the head that may be cosigned after `seen` (None before the first).

    `keys` are the ledger's, as the witness knows them. Raises WitnessRefusedError.
    """
    try:
        _key, head = keys.read_checkpoint(submission.note)
    except NoteError as error:
        raise WitnessRefusedError(HTTPStatus.FORBIDDEN, str(error)) from None
    if submission.old > head.size:
        raise WitnessRefusedError(HTTPStatus.BAD_REQUEST, "the old size is beyond the checkpoint's")
    known = seen or Head(0, EMPTY_ROOT)
    if submission.old != known.size:
        raise WitnessRefusedError(
            HTTPStatus.CONFLICT, f"the last one signed is over {known.size} entries", known.size
        )
    if head.size == known.size and head.root != known.root:
        raise WitnessRefusedError(HTTPStatus.CONFLICT, "of that size another history was signed", known.size)
    try:
        verify_consistency(known.size, known.root, head.size, head.root, submission.proof)
    except ProofError as error:
        raise WitnessRefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from None
    return head
