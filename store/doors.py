"""Every way in or out that a person holds, shut at once: after a database was put back from a backup.

Since when a session, an invitation or a link was used, ended or revoked isn't known any more.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, update

from exports.states import State
from runtime.clock import rfc3339
from store.tables import exports, invitations, sessions

_LINKED = (State.BUILT, State.SENDING, State.SENT, State.UNKNOWN, State.RECEIVED)


def shut_doors(connection: Connection, now: datetime) -> None:
    """End every open session, withdraw every open invitation, and let every link's term end now."""
    at = rfc3339(now)
    connection.execute(update(sessions).where(sessions.c.ended_at.is_(None)).values(ended_at=at))
    is_open = invitations.c.joined_at.is_(None) & invitations.c.withdrawn_at.is_(None)
    connection.execute(update(invitations).where(is_open).values(withdrawn_at=at))
    linked = exports.c.state.in_([state.value for state in _LINKED]) & (exports.c.channel == "link")
    connection.execute(update(exports).where(linked).values(expires_at=at))
