"""Sign-in sessions. The cookie's token is never stored, only its SHA-256."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select

from runtime.clock import rfc3339
from store.tables import sessions

# Asked at every decision; making a query takes longer than asking it.
_BY_DIGEST = select(sessions).where(sessions.c.digest == bindparam("digest"))
_OPEN = select(func.count()).where(sessions.c.person == bindparam("person"), sessions.c.ended_at.is_(None))


@dataclass(frozen=True, kw_only=True)
class Session:
    """One person's sign-in; moments are RFC 3339 text."""

    digest: str
    person: str
    csrf: str
    created_at: str
    used_at: str
    mfa_at: str
    ended_at: str | None


def digest_of(token: str) -> str:
    """Return what is stored and recorded of a session's token: its SHA-256 in hex."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def new_token() -> str:
    """Return a fresh session token, 256 random bits."""
    return secrets.token_urlsafe(32)


def start_session(
    connection: Connection, person: str, token: str, now: datetime
) -> tuple[Session, list[str]]:
    """Open a session and end the person's others; return it and the ended ones' digests."""
    ended = end_sessions(connection, person, now)
    moment = rfc3339(now)
    session = Session(
        digest=digest_of(token),
        person=person,
        csrf=secrets.token_urlsafe(32),
        created_at=moment,
        used_at=moment,
        mfa_at=moment,
        ended_at=None,
    )
    connection.execute(sessions.insert().values(vars(session)))
    return session, ended


def end_sessions(connection: Connection, person: str, now: datetime) -> list[str]:
    """End every open session of a person; return their digests."""
    open_ones = select(sessions.c.digest).where(sessions.c.person == person, sessions.c.ended_at.is_(None))
    ended = list(connection.execute(open_ones).scalars())
    for digest in ended:
        end_session(connection, digest, now)
    return ended


def end_session(connection: Connection, digest: str, now: datetime) -> None:
    """End a session; ending it again changes nothing."""
    still_open = sessions.c.ended_at.is_(None)
    ending = sessions.update().where(sessions.c.digest == digest, still_open)
    connection.execute(ending.values(ended_at=rfc3339(now)))


def touch_session(connection: Connection, digest: str, now: datetime, *, mfa: bool = False) -> None:
    """Remember that a session was used, and with `mfa` that a second factor was just given."""
    values = {"used_at": rfc3339(now)} | ({"mfa_at": rfc3339(now)} if mfa else {})
    connection.execute(sessions.update().where(sessions.c.digest == digest).values(values))


def find_session(connection: Connection, digest: str) -> Session | None:
    """Return a session by its token's digest."""
    row = connection.execute(_BY_DIGEST, {"digest": digest}).one_or_none()
    return None if row is None else Session(**row._mapping)  # noqa: SLF001 - SQLAlchemy's documented way


def count_open(connection: Connection, person: str) -> int:
    """Return how many sessions of a person are open."""
    return connection.execute(_OPEN, {"person": person}).scalar_one()
