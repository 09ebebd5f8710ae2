"""Delegations that a feed ended since the cut-off: whose rows of a snapshot are withheld.

Laws
1. A feed ends delegations and never starts one. What it ended stays ended until a snapshot of a
   later cut-off no longer holds the pair; a snapshot that still holds it changes nothing.
2. Of one snapshot the withheld only grow: whoever knows how many were withheld at a book's making
   knows whether one was added since.
3. Consumers stand here by pseudonyms, one for each year whose snapshots may hold them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from runtime.clock import parse_rfc3339, rfc3339
from snapshot.delegations import History
from snapshot.pairs import pack_pseudonym, write_pseudonym
from snapshot.published import newest_row
from snapshot.tables import delegation_ends


@dataclass(frozen=True, kw_only=True)
class EndedPair:
    """A consumer, by the pseudonyms of the years around now, whose delegation ended at an aware moment."""

    names: tuple[str, ...]
    ended_at: datetime


@dataclass(frozen=True, kw_only=True)
class StillHeld:
    """How many consumers the newest snapshot has delegated to an agent although that had ended before."""

    agent: str
    consumers: int


def keep_ended(
    connection: Connection, agent: str, pairs: Iterable[EndedPair], *, feed: str, now: datetime
) -> list[EndedPair]:
    """Keep what a feed (by its digest) says of an agent; return what wasn't known before."""
    ends = delegation_ends.c
    query = select(ends.pseudonym, ends.ended_at).where(ends.agent == agent)
    known = {(row.pseudonym, row.ended_at) for row in connection.execute(query)}
    fresh, rows = [], []
    for pair in pairs:
        moment = rfc3339(pair.ended_at)
        names = {pack_pseudonym(name): moment for name in pair.names}
        if known & names.items():
            continue
        known |= names.items()
        fresh.append(pair)
        kept = {"agent": agent, "ended_at": moment, "feed": feed, "kept_at": rfc3339(now)}
        rows += [{**kept, "pseudonym": name, "consumer": pack_pseudonym(pair.names[0])} for name in names]
    if rows:
        connection.execute(insert(delegation_ends), rows)
    return fresh


def ended_in(
    connection: Connection, agent: str, as_of: str, revision: int, among: Collection[str] | None = None
) -> frozenset[str]:
    """Return whom a published snapshot holds of an agent although the delegation has ended.

    `among` are the pseudonyms of the snapshot's rows where they are known; else the intervals say
    whom it holds.
    """
    return frozenset(in_order(connection, agent, as_of, revision, among))


def in_order(
    connection: Connection, agent: str, as_of: str, revision: int, among: Collection[str] | None = None
) -> list[str]:
    """Return the same in the order in which it became known; a book lacks as many of the first as it says."""
    rows = None if among is None else frozenset(among)
    ended = [
        one for one in _ended_people(connection, agent) if rows is None or not rows.isdisjoint(one.names)
    ]
    if not ended:
        return []
    history = History(connection, until=(as_of, revision))
    found = [
        name
        for one in ended
        if not _is_settled(history, agent, one)
        for name in one.names
        if (history.holds(name, agent) if rows is None else name in rows)
    ]
    return list(dict.fromkeys(found))


def kept_of(connection: Connection, agent: str, feed: str) -> list[str]:
    """Return every pseudonym that a feed ended the delegation of, to an agent."""
    ends = delegation_ends.c
    query = select(ends.pseudonym).where(ends.agent == agent, ends.feed == feed)
    return [write_pseudonym(name) for name in connection.execute(query).scalars()]


def agents_with_ends(connection: Connection) -> list[str]:
    """Return the agents to whom a feed ever ended a delegation."""
    agents = delegation_ends.c.agent
    return list(connection.execute(select(agents).distinct().order_by(agents)).scalars())


def still_held(connection: Connection) -> list[StillHeld]:
    """Return, by agent, what the newest snapshot holds although it had ended before the cut-off."""
    newest = newest_row(connection)
    if newest is None:
        return []
    history = History(connection, until=(newest["as_of"], newest["revision"]))
    counts = {
        agent: _count_held(connection, history, agent, newest["as_of"])
        for agent in agents_with_ends(connection)
    }
    return [StillHeld(agent=agent, consumers=count) for agent, count in counts.items() if count]


def _count_held(connection: Connection, history: History, agent: str, as_of: str) -> int:
    return len(
        {
            one.names[0]
            for one in _ended_people(connection, agent)
            if rfc3339(one.ended_at) <= as_of
            and not _is_settled(history, agent, one)
            and any(history.holds(name, agent) for name in one.names)
        }
    )


def _ended_people(connection: Connection, agent: str) -> Iterator[EndedPair]:
    """Return each ended pair of an agent, as often as it ended, in the order of becoming known."""
    query = select(delegation_ends).where(delegation_ends.c.agent == agent)
    joined: dict[tuple[str, bytes, str], list[bytes]] = {}
    for row in connection.execute(query).mappings():
        place = row["kept_at"], row["consumer"], row["ended_at"]
        joined.setdefault(place, []).append(row["pseudonym"])
    for (_, _, moment), names in sorted(joined.items()):
        yield EndedPair(
            names=tuple(write_pseudonym(name) for name in sorted(names)), ended_at=parse_rfc3339(moment)
        )


def _is_settled(history: History, agent: str, pair: EndedPair) -> bool:
    return any(
        each.agent == agent and each.ends_as_of is not None and each.ends_as_of >= pair.ended_at
        for each in history.intervals_of(pair.names)
    )
