"""How far each outpost is: anchors, witnesses, the outgoing stream. One row each, made at its first step.

These rows are the house's own notes; whoever owns the database can change them. Evidence is what
stands outside, and the entries that say so.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from audit.anchor import Standing
from audit.checkpoint import Head
from identity.people import Role
from runtime.clock import parse_rfc3339, rfc3339
from store.tables import cosignatures, outposts, people


def standing_of(connection: Connection, name: str) -> Standing:
    """Return how far an outpost is; a new one has nothing."""
    row = connection.execute(select(outposts).where(outposts.c.name == name)).one_or_none()
    return Standing(name=name) if row is None else _read(row)


def note_reached(connection: Connection, name: str, head: Head, now: datetime) -> None:
    """Note that an outpost has a head now."""
    values = {
        "size": head.size, "root": head.root.hex(), "reached_at": rfc3339(now),
        "next_at": None, "tries": 0, "reason": None,
    }  # fmt: skip
    _write(connection, name, values)


def note_failed(connection: Connection, name: str, reason: str, tries: int, again: datetime) -> None:
    """Note that an outpost couldn't be reached, and when to try again."""
    _write(connection, name, {"reason": reason, "tries": tries, "next_at": rfc3339(again)})


def note_paused(connection: Connection, name: str, *, paused: bool) -> None:
    """Pause an outpost, or let it go on at once."""
    _write(connection, name, {"paused": paused, "next_at": None, "tries": 0})


def keep_cosignature(connection: Connection, size: int, witness: str, line: str, now: datetime) -> bool:
    """Keep a witness's signature line over a size, the newest one; True where there was none."""
    same = (cosignatures.c.size == size) & (cosignatures.c.witness == witness)
    values = {"line": line, "kept_at": rfc3339(now)}
    if connection.execute(cosignatures.update().where(same).values(values)).rowcount:
        return False
    connection.execute(cosignatures.insert().values(values | {"size": size, "witness": witness}))
    return True


def has_cosignature(connection: Connection, size: int, witness: str) -> bool:
    """Tell whether a witness's line over a size is kept."""
    same = (cosignatures.c.size == size) & (cosignatures.c.witness == witness)
    return connection.execute(select(cosignatures.c.size).where(same)).first() is not None


def cosignature_lines(connection: Connection, size: int) -> list[str]:
    """Return the witnesses' signature lines over a size, by name."""
    query = select(cosignatures.c.line).where(cosignatures.c.size == size)
    return list(connection.execute(query.order_by(cosignatures.c.witness)).scalars())


def reviewers_addresses(connection: Connection) -> list[str]:
    """Return the mail addresses of the reviewers who can sign in, in order of their user names."""
    query = select(people.c.email).where(
        people.c.role == Role.REVIEWER.value,
        people.c.password_hash.is_not(None),
        people.c.disabled.is_(False),
    )
    return list(connection.execute(query.order_by(people.c.username)).scalars())


def _write(connection: Connection, name: str, values: dict[str, Any]) -> None:
    # Each outpost has one writer at a time, under its lease.
    if not connection.execute(outposts.update().where(outposts.c.name == name).values(values)).rowcount:
        connection.execute(outposts.insert().values(values | {"name": name}))


def _read(row: Row[Any]) -> Standing:
    return Standing(
        name=row.name,
        size=row.size,
        root=bytes.fromhex(row.root) if row.root else None,
        reached_at=parse_rfc3339(row.reached_at) if row.reached_at else None,
        next_at=parse_rfc3339(row.next_at) if row.next_at else None,
        tries=row.tries,
        reason=row.reason,
        paused=row.paused,
    )
