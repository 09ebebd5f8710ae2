"""People and their papers, as rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row, bindparam, select

from identity.people import MEMBERS, NEVER, Papers, Person, Role
from runtime.clock import rfc3339
from runtime.parts import in_parts
from store.tables import people

_DAYS = frozenset({
    "licence_expires_on", "certified_on", "agreement_signed_on", "training_completed_on", "attested_on",
    "email_changed_on",
})  # fmt: skip
_AT_ONCE = 500


# Asked at every decision; making a query takes longer than asking it.
_BY_ID = select(people).where(people.c.id == bindparam("person"))


class PersonNotFoundError(Exception):
    """There is nobody of that id or name."""


@dataclass(frozen=True, kw_only=True)
class RosterTaken:
    """How many agents were new, known and left alone, and the ids of those whose record is another now."""

    added: int
    known: int
    left: int
    changed: tuple[str, ...]


def keep_roster(
    connection: Connection, roster: Iterable[Papers], now: datetime, unsound: frozenset[str] = frozenset()
) -> RosterTaken:
    """Take every agent's papers over.

    An agent who no longer stands in the roster is listed no more, and R16 stops their access.
    People whose record is `unsound` (by their ids) are left alone: to take their papers over would
    be to take over what else was changed.
    """
    moment = rfc3339(now)
    known = select(people).where(people.c.licence.is_not(None))
    before = {row.licence: row for row in connection.execute(known)}
    fresh: list[dict[str, Any]] = []
    changed: list[str] = []
    listed: set[str] = set()
    for papers in roster:
        listed.add(papers.licence)
        values = papers_as_columns(papers) | {"listed": True}
        row = before.get(papers.licence)
        if row is None:
            fresh.append(values | {"id": str(uuid4()), "username": papers.licence, "roster_at": moment})
            continue
        if row.id in unsound or all(getattr(row, name) == value for name, value in values.items()):
            continue
        connection.execute(people.update().where(people.c.id == row.id).values(values))
        changed.append(row.id)
    sound = [row for row in before.values() if row.id not in unsound]
    gone = [row.id for row in sound if row.listed and row.licence not in listed]
    for some in in_parts(gone, _AT_ONCE):
        connection.execute(people.update().where(people.c.id.in_(some)).values(listed=False))
    here = [row.id for row in sound if row.licence in listed]
    for some in in_parts(here, _AT_ONCE):
        connection.execute(people.update().where(people.c.id.in_(some)).values(roster_at=moment))
    if fresh:
        connection.execute(people.insert(), fresh)
    return RosterTaken(
        added=len(fresh),
        known=len(here),
        left=len(listed) - len(fresh) - len(here),
        changed=(*changed, *gone, *(str(values["id"]) for values in fresh)),
    )


def keep_member(
    connection: Connection,
    role: Role,
    username: str,
    name: str,
    email: str,
    now: datetime,
    *,
    member: str | None = None,
) -> str:
    """Add somebody who is no agent, with papers that say nothing; return their id (`member` or fresh)."""
    if role not in MEMBERS:
        raise ValueError("agents and managers come by the roster")
    member = member or str(uuid4())
    values = dict.fromkeys(Papers.__dataclass_fields__, "") | dict.fromkeys(_DAYS, NEVER.isoformat())
    values |= {"id": member, "username": username, "role": role.value, "name": name, "email": email}
    connection.execute(people.insert().values(values | {"licence": None, "roster_at": rfc3339(now)}))
    return member


def keep_password(connection: Connection, person: str, password_hash: str) -> None:
    """Set a person's password by its argon2id hash."""
    connection.execute(people.update().where(people.c.id == person).values(password_hash=password_hash))


def keep_joined(connection: Connection, person: str, password_hash: str, now: datetime) -> None:
    """Let a person sign in from now on, with a password of their own choice."""
    mine = people.update().where(people.c.id == person)
    connection.execute(mine.values(password_hash=password_hash, joined_at=rfc3339(now)))


def keep_reset(connection: Connection, person: str, now: datetime) -> None:
    """Take a person's password away; the hold of rule R38 runs from now."""
    mine = people.update().where(people.c.id == person)
    connection.execute(mine.values(password_hash=None, factors_reset_at=rfc3339(now)))


def keep_sign_in(connection: Connection, person: str, now: datetime) -> None:
    """Remember when a person last signed in."""
    connection.execute(people.update().where(people.c.id == person).values(last_sign_in_at=rfc3339(now)))


def person_by_id(connection: Connection, person: str) -> Person:
    """Return a person, or raise PersonNotFoundError."""
    return _found(connection.execute(_BY_ID, {"person": person}).one_or_none())


def person_by_licence(connection: Connection, licence: str) -> Person:
    """Return the agent of a licence number, or raise PersonNotFoundError."""
    return _found(connection.execute(select(people).where(people.c.licence == licence)).one_or_none())


def person_by_username(connection: Connection, username: str) -> Person:
    """Return who signs in by that name, or raise PersonNotFoundError."""
    return _found(connection.execute(select(people).where(people.c.username == username)).one_or_none())


def member_by_email(connection: Connection, email: str) -> Person | None:
    """Return the reviewer or operator of an address, if there is one."""
    query = select(people).where(people.c.licence.is_(None), people.c.username == email.casefold())
    row = connection.execute(query).one_or_none()
    return None if row is None else _found(row)


def agents_of_role(connection: Connection, role: Role) -> list[Person]:
    """Return the roster's agents, or its managers, in the order of their licences."""
    query = select(people).where(people.c.role == role.value, people.c.licence.is_not(None))
    return [_found(row) for row in connection.execute(query.order_by(people.c.licence))]


def roster_licences(connection: Connection) -> frozenset[str]:
    """Return the licences of all agents and managers of the roster."""
    query = select(people.c.licence).where(people.c.licence.is_not(None))
    return frozenset(connection.execute(query).scalars())


def newest_roster(connection: Connection) -> str | None:
    """Return when the last roster came (RFC 3339), or None before the first."""
    of_agents = select(people.c.roster_at).where(people.c.licence.is_not(None))
    return connection.execute(of_agents.order_by(people.c.roster_at.desc()).limit(1)).scalar()


def papers_as_columns(papers: Papers) -> dict[str, Any]:
    """Return papers as the table's row has them: by column, days as ISO dates."""
    values = {name: getattr(papers, name) for name in papers.__dataclass_fields__}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def _found(row: Row[Any] | None) -> Person:
    if row is None:
        raise PersonNotFoundError("there is nobody of that name")
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented way to a mapping
    papers: dict[str, Any] = {name: values.pop(name) or "" for name in Papers.__dataclass_fields__}
    papers |= {name: date.fromisoformat(papers[name]) for name in _DAYS}
    return Person(papers=Papers(**papers | {"role": Role(papers["role"])}), **values)
