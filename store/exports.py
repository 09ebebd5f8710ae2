"""Exports as rows: claimed by lease, moved only along the table of moves.

Laws
1. A claim raises the fencing token; every later write of that worker names the token, the
   export and the state that it leaves, and changes nothing when any of them moved on.
2. A move that ALLOWED_MOVES doesn't know is a WrongStateError, whatever the database holds.
3. Moments compare as text, since all are RFC 3339 in UTC with microseconds.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, or_, select

from exports.errors import ExportNotFoundError, LostClaimError, WrongStateError
from exports.export import Claim, Export
from exports.states import HELD, WORKABLE, Reason, State, Step, may_move
from runtime.clock import rfc3339
from store.tables import exports

_FIELDS = [exports.c[name] for name in Export.__dataclass_fields__]
# Asked at every decision about an export; making a query takes longer than asking it.
_BY_ID = select(*_FIELDS).where(exports.c.id == bindparam("export"))


def add_export(connection: Connection, **values: Any) -> None:
    """Add an accepted export; IntegrityError when the Idempotency-Key was used before."""
    connection.execute(exports.insert().values(values | {"state": State.ACCEPTED.value}))


def export_by_id(connection: Connection, export: str) -> Export:
    """Return an export, or raise ExportNotFoundError."""
    row = connection.execute(_BY_ID, {"export": export}).one_or_none()
    if row is None:
        raise ExportNotFoundError("there is no such export")
    return _export(row)


def export_of_key(connection: Connection, requester: str, idempotency_key: str) -> Export | None:
    """Return the export that a requester's Idempotency-Key made, if any."""
    same = and_(exports.c.requester == requester, exports.c.idempotency_key == idempotency_key)
    row = connection.execute(select(*_FIELDS).where(same)).one_or_none()
    return None if row is None else _export(row)


def exports_of(connection: Connection, requester: str, *, limit: int = 100) -> list[Export]:
    """Return a person's exports, newest first."""
    query = select(*_FIELDS).where(exports.c.requester == requester)
    return [
        _export(row) for row in connection.execute(query.order_by(exports.c.created_at.desc()).limit(limit))
    ]


def exports_in(connection: Connection, states: Collection[State]) -> list[Export]:
    """Return every export in one of some states, oldest first."""
    query = select(*_FIELDS).where(exports.c.state.in_(sorted(state.value for state in states)))
    return [_export(row) for row in connection.execute(query.order_by(exports.c.created_at))]


def books_of_agent(connection: Connection, agent: str) -> list[Export]:
    """Return the exports of an agent's book, whoever asked, of which a book is in somebody's reach."""
    of_agent = exports.c.agent == agent, exports.c.built_fencing.is_not(None)
    held = exports.c.state.in_(sorted(state.value for state in HELD))
    return [_export(row) for row in connection.execute(select(*_FIELDS).where(*of_agent, held))]


def due_exports(connection: Connection, now: datetime, *, limit: int = 500) -> list[str]:
    """Return the ids of exports that a worker should take up now."""
    query = select(exports.c.id).where(_is_due(now)).order_by(exports.c.created_at).limit(limit)
    return list(connection.execute(query).scalars())


def claim_export(
    connection: Connection, export: str, owner: str, now: datetime, lease_seconds: float
) -> Claim | None:
    """Take an export for a while, or None when it is held, waiting or done."""
    claiming = exports.update().where(exports.c.id == export, _is_due(now))
    values = {
        "owner": owner,
        "lease_until": rfc3339(now + timedelta(seconds=lease_seconds)),
        "fencing": exports.c.fencing + 1,
    }
    row = connection.execute(
        claiming.values(values).returning(exports.c.fencing, exports.c.state)
    ).one_or_none()
    if row is None:
        return None
    return Claim(export=export, owner=owner, fencing=row.fencing, state=State(row.state))


def renew_claim(connection: Connection, claim: Claim, now: datetime, lease_seconds: float) -> None:
    """Hold a claim for longer; LostClaimError when it was let go or another worker has it."""
    # A renewal on its way when the claim is let go would take it again, for nobody.
    held = exports.update().where(_held(claim), exports.c.owner == claim.owner)
    until = rfc3339(now + timedelta(seconds=lease_seconds))
    if connection.execute(held.values(lease_until=until)).rowcount != 1:
        raise LostClaimError("this claim is over")


def release_claim(connection: Connection, claim: Claim) -> None:
    """Let an export go, so that whoever comes next needn't wait for the lease to end."""
    connection.execute(exports.update().where(_held(claim)).values(owner=None, lease_until=None))


def note_stage(connection: Connection, claim: Claim, stage: Step) -> None:
    """Show how far an export is; LostClaimError when another worker has it."""
    _write(connection, claim, stage=stage.value)


def move_export(connection: Connection, claim: Claim, start: State, end: State, **values: Any) -> None:
    """Move a claimed export, by compare-and-set on its id, fencing token and state."""
    if not may_move(start, end):
        raise WrongStateError(start)
    moving = exports.update().where(_held(claim), exports.c.state == start.value)
    if connection.execute(moving.values(values | {"state": end.value})).rowcount != 1:
        raise LostClaimError("the export was taken over or moved on")


def put_off(connection: Connection, claim: Claim, until: datetime, reason: Reason) -> None:
    """Let an export wait, with its reason shown, and count the try."""
    _write(
        connection,
        claim,
        next_at=rfc3339(until),
        reason=reason.value,
        tries=exports.c.tries + 1,
        owner=None,
        lease_until=None,
    )


def move_unclaimed(connection: Connection, export: str, start: State, end: State, **values: Any) -> None:
    """Move an export on a person's or the clock's behalf; WrongStateError when it moved on."""
    if not may_move(start, end):
        raise WrongStateError(start)
    moving = exports.update().where(exports.c.id == export, exports.c.state == start.value)
    if connection.execute(moving.values(values | {"state": end.value})).rowcount != 1:
        raise WrongStateError(export_by_id(connection, export).state)


def _is_due(now: datetime) -> Any:
    moment = rfc3339(now)
    free = or_(exports.c.lease_until.is_(None), exports.c.lease_until <= moment)
    ready = or_(exports.c.next_at.is_(None), exports.c.next_at <= moment)
    return and_(exports.c.state.in_([state.value for state in WORKABLE]), free, ready)


def _held(claim: Claim) -> Any:
    return and_(exports.c.id == claim.export, exports.c.fencing == claim.fencing)


def _write(connection: Connection, claim: Claim, **values: Any) -> None:
    if connection.execute(exports.update().where(_held(claim)).values(values)).rowcount != 1:
        raise LostClaimError("another worker has this export now")


def _export(row: Row[Any]) -> Export:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented way to a mapping
    values["state"] = State(values["state"])
    values["stage"] = Step(values["stage"]) if values["stage"] else None
    values["reason"] = Reason(values["reason"]) if values["reason"] else None
    return Export(**values)
