"""Who could have received a consumer's data, over all published snapshots.

A delegation's interval: from the cut-off of the first published snapshot that held it to the
cut-off of the first one that no longer did. Consumers stand here by their pseudonym of a year;
whoever asks for a person asks the vault for all years' pseudonyms first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, select

from runtime.clock import parse_rfc3339, rfc3339
from snapshot.pairs import pack_pseudonym, write_pseudonym
from snapshot.tables import State, delegation_changes, delegation_imports, snapshots


@dataclass(frozen=True, kw_only=True)
class Interval:
    """An agent held a consumer's data from one cut-off until before another (None: still)."""

    pseudonym: str
    agent: str
    begins_as_of: datetime
    ends_as_of: datetime | None

    def touches(self, start: datetime, end: datetime) -> bool:
        """Tell whether the agent could have received the data between two moments."""
        return self.begins_as_of < end and (self.ends_as_of is None or self.ends_as_of > start)


def intervals_of(connection: Connection, pseudonyms: Collection[str]) -> list[Interval]:
    """Return the intervals of a consumer's pseudonyms, oldest first."""
    wanted = delegation_changes.c.pseudonym.in_([pack_pseudonym(each) for each in pseudonyms])
    return sorted(_joined(connection, wanted), key=lambda each: (each.begins_as_of, each.agent))


def pseudonyms_at(connection: Connection, agent: str, as_of: datetime, revision: int) -> set[str]:
    """Return whose data an agent's book of a published snapshot was made of (before withholding)."""
    query = (
        _published()
        .where(delegation_changes.c.agent == agent)
        .where(
            (snapshots.c.as_of < rfc3339(as_of))
            | ((snapshots.c.as_of == rfc3339(as_of)) & (snapshots.c.revision <= revision))
        )
    )
    held: set[bytes] = set()
    for row in connection.execute(query):
        (held.add if row.begins else held.discard)(row.pseudonym)
    return {write_pseudonym(each) for each in held}


def _published() -> Select[Any]:
    """Select the changes of published imports, in the order in which they came into force."""
    return (
        select(
            delegation_changes.c.pseudonym,
            delegation_changes.c.agent,
            delegation_changes.c.begins,
            snapshots.c.as_of,
        )
        .join(delegation_imports, delegation_imports.c.number == delegation_changes.c.number)
        .join(snapshots, snapshots.c.attempt == delegation_imports.c.attempt)
        .where(snapshots.c.state == State.PUBLISHED)
        .order_by(snapshots.c.as_of, snapshots.c.revision)
    )


def _joined(connection: Connection, wanted: ColumnElement[bool]) -> Iterator[Interval]:
    open_ones: dict[tuple[bytes, str], Interval] = {}
    for row in connection.execute(_published().where(wanted)):
        place, moment = (row.pseudonym, row.agent), parse_rfc3339(row.as_of)
        if row.begins:
            open_ones[place] = Interval(
                pseudonym=write_pseudonym(row.pseudonym),
                agent=row.agent,
                begins_as_of=moment,
                ends_as_of=None,
            )
        else:
            yield replace(open_ones.pop(place), ends_as_of=moment)
    yield from open_ones.values()
