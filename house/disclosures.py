"""Whose data an entry showed: what the house keeps, held against the root that the entry commits to.

Laws
1. Nobody's word is taken: a list of consumers counts only where its root is the entry's.
2. A book shows everybody whom its snapshot holds of the agent, but the first `withheld` whose
   delegation was known to have ended: the intervals say who.
3. A page of a list shows those who are kept beside its entry. Where that list is missing or isn't
   the entry's, it may have shown anybody whom its snapshot holds of the agent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from audit.entry import consumers_root
from audit.events import Event
from audit.lookups import Found, entries_of_agent
from audit.shown import kept_shown
from runtime.clock import rfc3339
from snapshot.delegations import History, Interval, pseudonyms_at
from snapshot.ended import in_order
from snapshot.shown import read_shown

DISCLOSING = (Event.EXPORT_BUILT, Event.RELEASE_STARTED)


@dataclass(frozen=True, kw_only=True)
class Disclosure:
    """An entry that showed a consumer's data, or may have.

    `members` are all whose data it showed, where that is proved by its root; else None.
    """

    found: Found
    pseudonym: str
    members: frozenset[str] | None


class Members:
    """Whose data entries showed; keeps what it read for as long as its transaction lives."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._read: dict[tuple[int, str], frozenset[bytes]] = {}
        self._held: dict[tuple[str, str, int], frozenset[str]] = {}
        self._ended: dict[tuple[str, str, int], list[str]] = {}
        self._shown: dict[int, bytes] = {}

    def look_ahead(self, some: Collection[Found]) -> None:
        """Read at once what is kept beside entries that will be asked about."""
        self._shown = kept_shown(self._connection, [found.index for found in some])

    def of(self, found: Found) -> frozenset[str] | None:
        """Return whose data an entry showed where its root proves it, else None."""
        is_book = found.entry.event is Event.EXPORT_BUILT
        named = self._delegated(found) if is_book else self._kept(found)
        consumers = found.entry.consumers
        if named is None or consumers is None or len(named) != consumers.count:
            return None
        return named if consumers_root(found.entry.salt, named).hex() == consumers.root else None

    def _kept(self, found: Found) -> frozenset[str] | None:
        if found.index not in self._shown:
            self._shown |= kept_shown(self._connection, [found.index])
        packed = self._shown.get(found.index)
        try:
            return None if packed is None else read_shown(packed)
        except ValueError:
            return None

    def _delegated(self, found: Found) -> frozenset[str] | None:
        entry = found.entry
        if entry.agent is None or entry.snapshot is None or entry.consumers is None:
            return None
        place = entry.agent, entry.snapshot.as_of, entry.snapshot.revision
        if place not in self._held:
            self._held[place] = frozenset(pseudonyms_at(self._connection, *place, read=self._read))
        shown = self._held[place]
        if entry.consumers.withheld:
            if place not in self._ended:
                self._ended[place] = in_order(self._connection, *place)
            shown -= set(self._ended[place][: entry.consumers.withheld])
        return shown


def disclosures_of(
    connection: Connection,
    pseudonyms: Collection[str],
    intervals: Collection[Interval],
    *,
    since: datetime | None,
    until: datetime | None,
) -> Iterator[Disclosure]:
    """Yield what was shown of a consumer, or may have been, between two moments; agent by agent."""
    members = Members(connection)
    first = None if since is None else rfc3339(since)
    end = None if until is None else rfc3339(until)
    holders: dict[tuple[str, int], History] = {}
    names: dict[tuple[str, str, int], str | None] = {}
    for agent in sorted({interval.agent for interval in intervals}):
        for event in DISCLOSING:
            some = entries_of_agent(connection, agent, event=event, since=first, until=end)
            members.look_ahead(some)
            for found in some:
                snapshot = found.entry.snapshot
                if found.entry.consumers is None or snapshot is None:
                    continue
                place = snapshot.as_of, snapshot.revision
                if place not in holders:
                    holders[place] = History(connection, until=place)
                if (agent, *place) not in names:
                    held = (name for name in pseudonyms if holders[place].holds(name, agent))
                    names[agent, *place] = next(held, None)
                name = names[agent, *place]
                if name is None:
                    continue
                shown = members.of(found)
                if shown is None or name in shown:
                    yield Disclosure(found=found, pseudonym=name, members=shown)
