"""Codes of authenticator apps: each works once, so nobody gets one twice."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pyotp

from house.enrolment import SignIn

STEP_SECONDS = 30
_EARLY_STEPS = 1
"""How far ahead of its time a code is taken (RFC 6238, section 6)."""


@dataclass
class Codes:
    """The authenticator apps of everybody in a run."""

    sleep: Callable[[float], None] = time.sleep
    _used: dict[str, int] = field(default_factory=dict)

    def next(self, person: SignIn) -> str:
        """Return a code that wasn't used; the third within a step has to wait for its time."""
        step = max(int(time.time()) // STEP_SECONDS, self._used.get(person.username, 0) + 1)
        wait = (step - _EARLY_STEPS) * STEP_SECONDS - time.time()
        if wait > 0:
            self.sleep(wait)
        self._used[person.username] = step
        return pyotp.TOTP(person.totp_secret).at(step * STEP_SECONDS)
