"""Invitations: how somebody joins, or gets a new password and second factor.

Laws
1. An invitation opens one account once, within its time, and only after a second person
   approved it. What was shown or typed of it once opens nothing later.
2. Its code is 256 random bits. The house keeps the code's SHA-256 alone, so that nobody who
   reads the house can join as somebody else.
3. Whoever accepted it and didn't get on (a page closed, a crash) may accept it again with the
   same password; another password finds it used.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from enum import StrEnum

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans("OIL", "011")
_CHARACTERS = 52
_GROUP = 4
CONSOLE = "console"
"""Who invited, where it was the operator's console, whose operator isn't known by name."""


class Kind(StrEnum):
    """What an invitation is for."""

    JOIN = "join"
    RESET = "reset"


class Standing(StrEnum):
    """How an invitation stands at a moment."""

    WAITING = "waiting"
    OPEN = "open"
    ACCEPTED = "accepted"
    JOINED = "joined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """One row of the invitations table; moments are RFC 3339 text, `invited_by` a person's id or CONSOLE."""

    id: str
    person: str
    kind: Kind
    code_digest: str
    invited_by: str
    created_at: str
    expires_at: str
    approved_at: str | None
    accepted_at: str | None
    password_hash: str | None
    joined_at: str | None
    withdrawn_at: str | None

    def standing(self, now: str) -> Standing:
        """Return how it stands at a moment (RFC 3339, UTC)."""
        if self.joined_at:
            return Standing.JOINED
        if self.withdrawn_at:
            return Standing.WITHDRAWN
        if self.expires_at <= now:
            return Standing.EXPIRED
        if self.accepted_at:
            return Standing.ACCEPTED
        return Standing.OPEN if self.approved_at else Standing.WAITING


def new_code() -> str:
    """Return a fresh code: at least 256 random bits, 13 groups of 4 that a person can type."""
    drawn = "".join(secrets.choice(_ALPHABET) for _ in range(_CHARACTERS))
    return "-".join(drawn[start : start + _GROUP] for start in range(0, _CHARACTERS, _GROUP))


def digest_of_code(typed: str) -> str:
    """Return SHA-256 (hex) of a code as it is meant, however it was typed (Crockford's base 32)."""
    meant = "".join(character for character in typed.upper() if character.isalnum()).translate(_READ_AS)
    return hashlib.sha256(meant.encode("utf-8", "surrogatepass")).hexdigest()
