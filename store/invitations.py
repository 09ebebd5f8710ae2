"""Invitations as rows. A person has one that isn't over at most: a new one withdraws the older."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from identity.invitations import Invitation, Kind
from runtime.clock import rfc3339
from store.tables import invitations

_OVER = (invitations.c.joined_at, invitations.c.withdrawn_at)


class InvitationNotFoundError(Exception):
    """There is no such invitation."""


def keep_invitation(connection: Connection, invitation: Invitation) -> None:
    """Add an invitation and withdraw the person's others."""
    others = invitations.update().where(
        invitations.c.person == invitation.person, *(column.is_(None) for column in _OVER)
    )
    connection.execute(others.values(withdrawn_at=invitation.created_at, password_hash=None))
    connection.execute(invitations.insert().values(vars(invitation) | {"kind": invitation.kind.value}))


def invitation_by_id(connection: Connection, invitation: str) -> Invitation:
    """Return an invitation, or raise InvitationNotFoundError."""
    return _found(connection.execute(select(invitations).where(invitations.c.id == invitation)).one_or_none())


def invitation_by_digest(connection: Connection, code_digest: str) -> Invitation:
    """Return the invitation of a code's digest, or raise InvitationNotFoundError."""
    mine = invitations.c.code_digest == code_digest
    return _found(connection.execute(select(invitations).where(mine)).one_or_none())


def pending_invitations(connection: Connection, now: datetime) -> list[Invitation]:
    """Return the invitations that aren't over, newest first."""
    living = [invitations.c.expires_at > rfc3339(now), *(column.is_(None) for column in _OVER)]
    query = select(invitations).where(*living).order_by(invitations.c.created_at.desc())
    return [_found(row) for row in connection.execute(query)]


def note_approved(connection: Connection, invitation: str, now: datetime) -> bool:
    """Approve an invitation; False when it was approved, or is over."""
    return _change(connection, invitation, invitations.c.approved_at.is_(None), approved_at=rfc3339(now))


def note_accepted(connection: Connection, invitation: Invitation, password_hash: str, now: datetime) -> bool:
    """Accept an invitation as it was read; False when somebody else was faster."""
    kept = invitations.c.password_hash
    as_read = kept.is_(None) if invitation.password_hash is None else kept == invitation.password_hash
    values = {"accepted_at": rfc3339(now), "password_hash": password_hash}
    return _change(connection, invitation.id, as_read, **values)


def note_joined(connection: Connection, invitation: Invitation, now: datetime) -> bool:
    """Spend an accepted invitation for good; its password's hash goes with it."""
    as_read = invitations.c.password_hash == invitation.password_hash
    return _change(connection, invitation.id, as_read, joined_at=rfc3339(now), password_hash=None)


def _change(connection: Connection, invitation: str, condition: Any, **values: Any) -> bool:
    living = [invitations.c.id == invitation, *(column.is_(None) for column in _OVER), condition]
    return connection.execute(invitations.update().where(*living).values(values)).rowcount == 1


def _found(row: Row[Any] | None) -> Invitation:
    if row is None:
        raise InvitationNotFoundError("there is no such invitation")
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented way to a mapping
    return Invitation(**values | {"kind": Kind(values["kind"])})
