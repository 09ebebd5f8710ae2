"""Delegations that a feed ended since the cut-off: whose rows of a snapshot are withheld.

Laws
1. A feed ends delegations and never starts one. What it ended stays ended until a snapshot of a
   later cut-off no longer holds the pair, or until a person settles it; a snapshot that still holds
   it changes nothing.
2. Of one snapshot the withheld only grow: whoever knows how many were withheld at a book's making
   knows whether one was added since. So a person's word counts for snapshots whose cut-off comes
   after it, and for no other; what a feed ends anew is withheld anew.
3. Consumers stand here by pseudonyms, one for each year whose snapshots may hold them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from runtime.clock import parse_rfc3339, rfc3339
from snapshot.delegations import History
from snapshot.pairs import pack_pseudonym, write_pseudonym
from snapshot.published import newest_row
from snapshot.tables import delegation_ends


@dataclass(frozen=True, kw_only=True)
class EndedPair:
    """A consumer, by the pseudonyms of the years around now, whose delegation ended at an aware moment.

    `settled_at` is when a person said that the delegation stands all the same (RFC 3339), None before.
    """

    names: tuple[str, ...]
    ended_at: datetime
    settled_at: str | None = None


@dataclass(frozen=True, kw_only=True)
class StillHeld:
    """How many consumers the newest snapshot has delegated to an agent although that had ended before.

    `confirmed` are as many more whom a person has settled: later snapshots withhold them no longer.
    """

    agent: str
    consumers: int
    confirmed: int = 0


@dataclass(frozen=True, kw_only=True)
class Settled:
    """Whom a person's word settled: how many consumers, by which pseudonyms."""

    consumers: int
    names: frozenset[str]


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
        if not _is_settled(history, agent, one, as_of)
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


def still_held(connection: Connection, only: str | None = None) -> list[StillHeld]:
    """Return, by agent (or of one only), what the newest snapshot holds although it had ended before."""
    newest = newest_row(connection)
    if newest is None:
        return []
    history = History(connection, until=(newest["as_of"], newest["revision"]))
    counted = []
    for agent in agents_with_ends(connection) if only is None else [only]:
        held = _held_by(connection, history, agent, newest["as_of"])
        waiting = {one.names[0] for one in held if one.settled_at is None}
        confirmed = {one.names[0] for one in held} - waiting
        counted.append(StillHeld(agent=agent, consumers=len(waiting), confirmed=len(confirmed)))
    return [one for one in counted if one.consumers or one.confirmed]


def settle(connection: Connection, agent: str, moment: str) -> Settled:
    """Settle what `still_held` counts of an agent, for snapshots of cut-offs after a moment (RFC 3339)."""
    newest = newest_row(connection)
    if newest is None:
        return Settled(consumers=0, names=frozenset())
    history = History(connection, until=(newest["as_of"], newest["revision"]))
    held = _held_by(connection, history, agent, newest["as_of"])
    waiting = [one for one in held if one.settled_at is None]
    ends = delegation_ends.c
    for one in waiting:
        mine = (ends.agent == agent) & (ends.ended_at == rfc3339(one.ended_at))
        names = ends.pseudonym.in_([pack_pseudonym(name) for name in one.names])
        connection.execute(update(delegation_ends).where(mine, names).values(settled_at=moment))
    return Settled(
        consumers=len({one.names[0] for one in waiting}),
        names=frozenset(name for one in waiting for name in one.names),
    )


def moments_settled(connection: Connection, agent: str, feed: str) -> set[str]:
    """Return when ends that a feed told of an agent were settled."""
    ends = delegation_ends.c
    query = select(ends.settled_at).where(
        ends.agent == agent, ends.feed == feed, ends.settled_at.is_not(None)
    )
    return set(connection.execute(query).scalars())


def settled_of(connection: Connection, agent: str, moment: str) -> list[str]:
    """Return every pseudonym of an agent's consumers whose end was settled at a moment."""
    ends = delegation_ends.c
    query = select(ends.pseudonym).where(ends.agent == agent, ends.settled_at == moment)
    return [write_pseudonym(name) for name in connection.execute(query).scalars()]


def _held_by(connection: Connection, history: History, agent: str, as_of: str) -> list[EndedPair]:
    """Return an agent's ends from before the history's last cut-off whose pairs it holds all the same."""
    return [
        one
        for one in _ended_people(connection, agent)
        if rfc3339(one.ended_at) <= as_of
        and not _is_settled(history, agent, one, as_of)
        and any(history.holds(name, agent) for name in one.names)
    ]


def _ended_people(connection: Connection, agent: str) -> Iterator[EndedPair]:
    """Return each ended pair of an agent, as often as it ended, in the order of becoming known."""
    query = select(delegation_ends).where(delegation_ends.c.agent == agent)
    joined: dict[tuple[str, bytes, str, str | None], list[bytes]] = {}
    for row in connection.execute(query).mappings():
        place = row["kept_at"], row["consumer"], row["ended_at"], row["settled_at"]
        joined.setdefault(place, []).append(row["pseudonym"])
    for (_, _, moment, settled_at), names in sorted(joined.items(), key=lambda one: one[0][:3]):
        yield EndedPair(
            names=tuple(write_pseudonym(name) for name in sorted(names)),
            ended_at=parse_rfc3339(moment),
            settled_at=settled_at,
        )


def _is_settled(history: History, agent: str, pair: EndedPair, as_of: str) -> bool:
    """Tell whether a person's word came before a cut-off, or a snapshot after the end lacked the pair."""
    if pair.settled_at is not None and pair.settled_at < as_of:
        return True
    return any(
        each.agent == agent and each.ends_as_of is not None and each.ends_as_of >= pair.ended_at
        for each in history.intervals_of(pair.names)
    )
