"""Second factors: RFC 6238 with SHA-1, 6 digits and steps of 30 seconds, as authenticators expect.

Laws: a time step counts once for a person; the step before and the step after now are taken
too; five wrong tries within 15 minutes lock the factor until the oldest is 15 minutes old,
and while it is locked a right code is not looked at. Time is the machine's own.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

STEP_SECONDS = 30
DIGITS = 6
WINDOW_STEPS = 1
WRONG_TRIES = 5
WRONG_TRIES_SECONDS = 15 * 60
_SECRET_BYTES = 20


def new_secret() -> bytes:
    """Return 160 random bits, the length that RFC 4226 section 4 recommends."""
    return secrets.token_bytes(_SECRET_BYTES)


def write_secret(secret: bytes) -> str:
    """Return a secret as the base32 that authenticators take."""
    return base64.b32encode(secret).decode("ascii")


def code_at(secret: bytes, step: int) -> str:
    """Return the code of one time step (RFC 4226 section 5.3)."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def step_of(moment: datetime) -> int:
    """Return the number of the time step that an aware moment lies in."""
    return int(moment.timestamp()) // STEP_SECONDS


def matching_step(secret: bytes, code: str, now: datetime, last_step: int) -> int | None:
    """Return the step that a code belongs to, or None; steps up to `last_step` were used."""
    here = step_of(now)
    found = None
    for step in range(here - WINDOW_STEPS, here + WINDOW_STEPS + 1):
        same = hmac.compare_digest(code_at(secret, step).encode(), code.encode())
        if same and step > last_step:
            found = step
    return found


def is_locked(wrong_at: Sequence[datetime], now: datetime) -> bool:
    """Tell whether the wrong tries within the last 15 minutes lock the factor."""
    recent = [moment for moment in wrong_at if 0 <= (now - moment).total_seconds() < WRONG_TRIES_SECONDS]
    return len(recent) >= WRONG_TRIES
