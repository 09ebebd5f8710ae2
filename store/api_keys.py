"""Keys of systems: `sbk_<id>_<secret>`, of which the house keeps the SHA-256 alone.

Law: when a key was last used is what the ledger says. No row tells it, so that none can be forged.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, Row, func, select

from audit.events import Event, Outcome
from audit.stored import answering
from audit.tables import ledger_entries
from runtime.clock import rfc3339
from store.sessions import digest_of
from store.tables import api_keys

KEY_KIND: Final = "apikey"
"""The kind of resource that entries about keys name."""
LABEL: Final = r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}"
"""What a key may be called: enough for a system's name, too little for anything of consumers."""

_FORM = re.compile(r"sbk_([0-9a-f]{16})_[A-Za-z0-9_-]{43}", re.ASCII)
_ID_BYTES, _SECRET_BYTES = 8, 32


class KeyNotFoundError(LookupError):
    """There is no such key, or none that they may know of."""


class KeyState(StrEnum):
    """What a key's row says of it."""

    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """A key as the house keeps it; moments are RFC 3339 text.

    `issuer` is a person's id, or `console`; `agency` the agency whose agents it speaks of, None where
    it is the exchange's.
    """

    id: str
    digest: str
    label: str
    issuer: str
    agency: str | None
    issued_at: str
    expires_at: str
    revoked_at: str | None

    def state(self, now: datetime) -> KeyState:
        """Return what the row says at a moment."""
        if self.revoked_at is not None:
            return KeyState.REVOKED
        return KeyState.EXPIRED if self.expires_at <= rfc3339(now) else KeyState.ACTIVE


def new_key() -> tuple[str, str]:
    """Return a fresh key's id and the whole key, of which 256 bits are random."""
    key = secrets.token_hex(_ID_BYTES)
    return key, f"sbk_{key}_{secrets.token_urlsafe(_SECRET_BYTES)}"


def keep_key(
    connection: Connection,
    key: str,
    token: str,
    *,
    label: str,
    issuer: str,
    agency: str | None,
    now: datetime,
    days: int,
) -> ApiKey:
    """Keep a fresh key by its digest; it ends after some days."""
    made = ApiKey(
        id=key,
        digest=digest_of(token),
        label=label,
        issuer=issuer,
        agency=agency,
        issued_at=rfc3339(now),
        expires_at=rfc3339(now + timedelta(days=days)),
        revoked_at=None,
    )
    connection.execute(api_keys.insert().values(vars(made)))
    return made


def note_revoked(connection: Connection, key: str, now: datetime) -> bool:
    """Revoke a key; False where it was revoked before."""
    living = (api_keys.c.id == key) & api_keys.c.revoked_at.is_(None)
    return connection.execute(api_keys.update().where(living).values(revoked_at=rfc3339(now))).rowcount == 1


def find_key(connection: Connection, key: str) -> ApiKey | None:
    """Return a key by its id."""
    row = connection.execute(select(api_keys).where(api_keys.c.id == key)).one_or_none()
    return None if row is None else _read(row)


def shown_key(connection: Connection, token: str) -> ApiKey | None:
    """Return the key that somebody shows, alive or not; None where there is none like it."""
    form = _FORM.fullmatch(token)
    if form is None:
        return None
    mine = (api_keys.c.id == form[1]) & (api_keys.c.digest == digest_of(token))
    row = connection.execute(select(api_keys).where(mine)).one_or_none()
    return None if row is None else _read(row)


def list_keys(connection: Connection, agency: str | None = None) -> list[ApiKey]:
    """Return an agency's keys, or all without one; the newest first."""
    query = select(api_keys).order_by(api_keys.c.issued_at.desc(), api_keys.c.id)
    if agency is not None:
        query = query.where(api_keys.c.agency == agency)
    return [_read(row) for row in connection.execute(query)]


def last_uses(connection: Connection, keys: list[str]) -> dict[str, str]:
    """Return when each of some keys was last permitted something (RFC 3339), by id, as the ledger tells."""
    entry = ledger_entries.c
    used = (
        entry.actor.in_(keys),
        entry.event == Event.DELEGATION_REQUESTED.value,
        entry.outcome == Outcome.PERMIT.value,
    )
    query = select(entry.actor, func.max(entry.at)).where(*used).group_by(entry.actor)
    with answering():
        return {row[0]: row[1] for row in connection.execute(query)}


def _read(row: Row[tuple[str, ...]]) -> ApiKey:
    return ApiKey(**row._mapping)  # noqa: SLF001 - SQLAlchemy's documented way to a mapping
