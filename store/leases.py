"""Leases by name: one process at a time does a thing that any process may do."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, or_
from sqlalchemy.exc import IntegrityError

from runtime.clock import rfc3339
from store.tables import leases


def take_lease(connection: Connection, name: str, owner: str, now: datetime, seconds: float) -> bool:
    """Take or renew a lease; False while another owner holds it."""
    until = rfc3339(now + timedelta(seconds=seconds))
    free = or_(leases.c.until <= rfc3339(now), leases.c.owner == owner)
    taking = leases.update().where(leases.c.name == name, free).values(owner=owner, until=until)
    if connection.execute(taking).rowcount:
        return True
    try:
        with connection.begin_nested():
            connection.execute(leases.insert().values(name=name, owner=owner, until=until))
    except IntegrityError:
        return False
    return True


def give_back_lease(connection: Connection, name: str, owner: str, now: datetime) -> None:
    """End a lease of one's own before its time; nothing happens to another owner's."""
    mine = (leases.c.name == name) & (leases.c.owner == owner)
    connection.execute(leases.update().where(mine).values(until=rfc3339(now)))
