"""What a roster would change, before it does: who is new, whose papers differ in what, who is missing.

Law: columns are named and values never.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from identity.people import Papers
from store.people import papers_as_columns
from store.tables import people


@dataclass(frozen=True, kw_only=True)
class RosterDifference:
    """By licence: new agents, those whose columns differ, those who come back, those who are missing.

    `listed` is how many the roster before had.
    """

    new: tuple[str, ...]
    changed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    back: tuple[str, ...]
    missing: tuple[str, ...]
    listed: int

    @property
    def missing_percent(self) -> float:
        """How much of the roster before would be missing, in percent."""
        return 100 * len(self.missing) / self.listed if self.listed else 0.0


def compare_roster(connection: Connection, roster: Iterable[Papers]) -> RosterDifference:
    """Return what taking a roster over would change; read only."""
    known = select(people).where(people.c.licence.is_not(None))
    before = {row["licence"]: row for row in connection.execute(known).mappings()}
    after = {papers.licence: papers_as_columns(papers) for papers in roster}
    changed = {
        licence: columns
        for licence, values in sorted(after.items())
        if licence in before
        and (columns := tuple(name for name, value in values.items() if before[licence][name] != value))
    }
    return RosterDifference(
        new=tuple(sorted(after.keys() - before.keys())),
        changed=changed,
        back=tuple(sorted(one for one, row in before.items() if one in after and not row["listed"])),
        missing=tuple(sorted(one for one, row in before.items() if one not in after and row["listed"])),
        listed=sum(bool(row["listed"]) for row in before.values()),
    )
