"""Who could have received a consumer's data, over all published snapshots.

A delegation's interval: from the cut-off of the first published snapshot that held it to the
cut-off of the first one that no longer did. Consumers stand here by their pseudonym of a year;
whoever asks for a person asks the vault for the pseudonyms of all years, and gets intervals that
go on over the years.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from runtime.clock import parse_rfc3339
from snapshot.pairs import (
    agents_in,
    bucket_of,
    pack_pseudonym,
    pseudonyms_in,
    write_pseudonym,
    year_of,
)
from snapshot.tables import (
    WAS_PUBLISHED,
    delegation_changes,
    delegation_imports,
    delegation_pairs,
    snapshots,
)


@dataclass(frozen=True, kw_only=True)
class Interval:
    """An agent held a consumer's data from one cut-off until before another (None: still)."""

    agent: str
    begins_as_of: datetime
    ends_as_of: datetime | None


class _Import(NamedTuple):
    number: int
    as_of: str
    full: bool
    year: int | None

    def may_hold(self, pseudonym: bytes) -> bool:
        """Tell whether this one's own pairs, all of one year, are of a pseudonym's."""
        return self.full and self.year in {None, year_of(pseudonym)}


class History:
    """The published snapshots, one after the other, up to one of them (None: all there are)."""

    def __init__(self, connection: Connection, until: tuple[str, int] | None = None) -> None:
        self._connection = connection
        self._imports = _published(connection, until)

    def intervals_of(self, pseudonyms: Collection[str]) -> list[Interval]:
        """Return when whom held a consumer's data, by the consumer's pseudonyms; oldest first."""
        found = [
            each
            for name in pseudonyms
            for each in _intervals(self._connection, self._imports, pack_pseudonym(name))
        ]
        joined: list[Interval] = []
        for each in sorted(found, key=lambda one: (one.agent, one.begins_as_of)):
            last = joined[-1] if joined else None
            if last is not None and (last.agent, last.ends_as_of) == (each.agent, each.begins_as_of):
                joined[-1] = replace(last, ends_as_of=each.ends_as_of)
            else:
                joined.append(each)
        return sorted(joined, key=lambda one: (one.begins_as_of, one.agent))

    def holds(self, pseudonym: str, agent: str) -> bool:
        """Tell whether the last of the snapshots has a consumer delegated to an agent."""
        found = _intervals(self._connection, self._imports, pack_pseudonym(pseudonym))
        return any(each.agent == agent and each.ends_as_of is None for each in found)


def intervals_of(connection: Connection, pseudonyms: Collection[str]) -> list[Interval]:
    """Return when whom held a consumer's data, over all published snapshots."""
    return History(connection).intervals_of(pseudonyms)


def pseudonyms_at(
    connection: Connection,
    agent: str,
    as_of: str,
    revision: int,
    *,
    read: dict[tuple[int, str], frozenset[bytes]] | None = None,
) -> set[str]:
    """Return whose data an agent's book of a published snapshot is made of, before withholding.

    Who asks for many books hands the same `read` over each time: it keeps what was read of full imports.
    """
    imports = _published(connection, until=(as_of, revision))
    full = max((place for place, each in enumerate(imports) if each.full), default=None)
    if full is None:
        return set()
    read = {} if read is None else read
    place = imports[full].number, agent
    if place not in read:
        packed = select(delegation_pairs.c.pairs).where(delegation_pairs.c.number == imports[full].number)
        buckets = connection.execute(packed).scalars()
        read[place] = frozenset(name for data in buckets for name in pseudonyms_in(data, agent))
    held = set(read[place])
    later = {each.number: place for place, each in enumerate(imports) if place > full}
    query = select(delegation_changes).where(
        delegation_changes.c.agent == agent, delegation_changes.c.number.in_(later)
    )
    rows = connection.execute(query).mappings().all()
    for row in sorted(rows, key=lambda each: later[each["number"]]):
        (held.add if row["begins"] else held.discard)(row["pseudonym"])
    return {write_pseudonym(each) for each in held}


def _published(connection: Connection, until: tuple[str, int] | None = None) -> list[_Import]:
    """Return the imports in force one after the other, up to a snapshot's (as-of, revision)."""
    query = (
        select(
            *(delegation_imports.c[name] for name in ("number", "full", "year")),
            snapshots.c.as_of,
            snapshots.c.revision,
        )
        .join(snapshots, snapshots.c.attempt == delegation_imports.c.attempt)
        .where(snapshots.c.state.in_(WAS_PUBLISHED))
        .order_by(snapshots.c.as_of, snapshots.c.revision)
    )
    return [
        _Import(row.number, row.as_of, row.full, row.year)
        for row in connection.execute(query)
        if until is None or (row.as_of, row.revision) <= until
    ]


def _intervals(connection: Connection, imports: list[_Import], pseudonym: bytes) -> Iterator[Interval]:
    changes: dict[int, list[tuple[str, bool]]] = {}
    query = select(delegation_changes).where(delegation_changes.c.pseudonym == pseudonym)
    for row in connection.execute(query).mappings():
        changes.setdefault(row["number"], []).append((row["agent"], row["begins"]))
    full = _full(connection, [each.number for each in imports if each.may_hold(pseudonym)], pseudonym)
    began: dict[str, datetime] = {}
    for each in imports:
        if each.full:
            held = full.get(each.number, set())
        elif each.number in changes:
            held = _after(set(began), changes[each.number])
        else:
            continue
        moment = parse_rfc3339(each.as_of)
        for agent in sorted(began.keys() - held):
            yield Interval(agent=agent, begins_as_of=began.pop(agent), ends_as_of=moment)
        began |= dict.fromkeys(held - began.keys(), moment)
    for agent, moment in sorted(began.items()):
        yield Interval(agent=agent, begins_as_of=moment, ends_as_of=None)


def _after(held: set[str], changes: Collection[tuple[str, bool]]) -> set[str]:
    begun = {agent for agent, begins in changes if begins}
    return (held | begun) - {agent for agent, begins in changes if not begins}


def _full(connection: Connection, numbers: list[int], pseudonym: bytes) -> dict[int, set[str]]:
    query = select(delegation_pairs.c.number, delegation_pairs.c.pairs).where(
        delegation_pairs.c.bucket == bucket_of(pseudonym), delegation_pairs.c.number.in_(numbers)
    )
    return {number: agents_in(data, pseudonym) for number, data in connection.execute(query)}
