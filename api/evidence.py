"""Verify the ledger now, and take the evidence home.

Laws
1. Both begin with a look; taking evidence is recorded as `ledger.exported` before its first byte.
2. A verification ends with a finding, true or false. What the vault refuses to sign because the
   ledger was rolled back or rewritten is such a finding, not a failure of ours.
3. One verification at a time in a process: it reads every entry.
"""

from __future__ import annotations

import threading

import structlog
from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from api.audit_bodies import AskedVerification, VerificationTold
from api.documented import PROBLEMS
from api.errors import BusyError
from api.looks import look, vkey_of
from api.signed_in import Changer, HouseHere, SignedIn
from audit.archive import MEDIA_TYPE, stream_archive
from audit.bundle import read_head_of
from audit.recheck import recheck
from audit.verify import VerifyError
from house.keys import key_history
from house.wiring import House
from house.witnesses import WITNESS_SECONDS, cosigned_now
from runtime.clock import PACIFIC
from vault.errors import ADVICE, VaultForkError, VaultRolledBackError

router = APIRouter(prefix="/v1/audit", tags=["audit"], responses=PROBLEMS)

one_at_a_time = threading.Lock()


@router.post("/verify")
def take_verification(body: AskedVerification, visitor: Changer, house: HouseHere) -> VerificationTold:
    """Compute the ledger's root over all entries anew and compare it with what the vault signs."""
    return verify_now(house, visitor, body)


@router.post("/bundle", response_class=StreamingResponse)
def take_bundle(visitor: Changer, house: HouseHere) -> StreamingResponse:
    """Hand out the whole ledger with its checkpoint and key, to be verified offline."""
    return make_bundle(house, visitor)


def verify_now(house: House, visitor: SignedIn, asked: AskedVerification) -> VerificationTold:
    """Verify, and return what was found. Raises BusyError, RefusedError."""
    if not one_at_a_time.acquire(blocking=False):
        raise BusyError
    try:
        look(house, visitor)
        return _verify(house, asked)
    finally:
        one_at_a_time.release()


def _verify(house: House, asked: AskedVerification) -> VerificationTold:
    try:
        note = house.vault.sign()
        found = recheck(
            house.engine,
            note,
            vkey_of(house),
            keys=key_history(house),
            pinned=asked.vkey or None,
            since=asked.since or None,
        )
    except VerifyError as error:
        wrong = str(error)
    except (VaultForkError, VaultRolledBackError) as error:
        wrong = ADVICE[error.code]
    else:
        return VerificationTold(
            verified=True,
            size=found.head.size,
            root=found.root,
            mode=found.mode,
            origin=found.origin,
            checkpoint=note,
            extends=found.since.size if found.since else None,
            unchecked=list(found.unchecked),
        )
    structlog.get_logger().error("ledger.unsound")
    return VerificationTold(verified=False, wrong=wrong, size=house.reader.head().size)


def make_bundle(house: House, visitor: SignedIn) -> StreamingResponse:
    """Return the evidence as a ZIP archive that is made while it is sent. Raises RefusedError."""
    look(house, visitor, takes=True)
    note, vkey = cosigned_now(house, house.vault.sign(), visitor.who, WITNESS_SECONDS), vkey_of(house)
    keys = key_history(house)
    size = read_head_of(vkey, note, keys=keys).size
    pieces = stream_archive(house.reader, vkey, note, house.clock.now().astimezone(PACIFIC), keys=keys)
    name = f"sealed-book-evidence-{size}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(pieces, media_type=MEDIA_TYPE, headers=headers)
