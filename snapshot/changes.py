"""What an import holds, and what it changed against the snapshot that was in force: counts only.

Laws
1. Pure: whoever counted hands the counts in. No licence, pseudonym or value of a row is in here.
2. Measures of drift are whole numbers, rounded up, so that "over 20 percent" means what it says.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from policies.numbers import Numbers
from runtime.clock import pacific, parse_rfc3339


class Measure(StrEnum):
    """What is measured against the data in force."""

    AGENTS_GONE = "agents-gone"
    ROWS_CHANGE = "rows-change"
    KIND_SHIFT = "kind-shift"


MEANING: Mapping[Measure, str] = {
    Measure.AGENTS_GONE: "percent of the agents are gone",
    Measure.ROWS_CHANGE: "percent more or fewer rows",
    Measure.KIND_SHIFT: "percentage points by which a kind's share of the rows moved",
}


@dataclass(frozen=True, kw_only=True)
class Drift:
    """A measure beyond its bound."""

    measure: Measure
    found: int
    bound: int

    def line(self) -> str:
        """Return it as a line of text."""
        return f"{self.found} {MEANING[self.measure]}; {self.bound} are within bounds [{self.measure}]"


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Against the snapshot in force at the import: `as_of` and `revision` name that one.

    Agents are those with active rows; `agents_changed` have another number of them. `begun` and
    `ended` count delegations, None where a year's turn gave every consumer another pseudonym.
    """

    as_of: str
    revision: int
    rows_before: int
    agents_before: int
    agents_new: int
    agents_gone: int
    agents_changed: int
    begun: int | None
    ended: int | None
    agents_gone_percent: int
    rows_change_percent: int
    kind_shift_points: int

    @property
    def base(self) -> str:
        """The snapshot that it is compared with, for people."""
        return f"{pacific(parse_rfc3339(self.as_of))}, revision {self.revision}"

    def lines(self) -> list[str]:
        """Return what changed as lines of text."""
        delegations = (
            "another year's pseudonyms: delegations begun and ended aren't counted"
            if self.begun is None
            else f"{self.begun} delegations begun, {self.ended} ended"
        )
        return [
            f"against {self.base}: {self.rows_before} rows before",
            f"agents: {self.agents_new} new, {self.agents_gone} gone",
            f"agents with more or fewer rows: {self.agents_changed}",
            delegations,
        ]

    def drift(self, numbers: Numbers) -> tuple[Drift, ...]:
        """Return the measures that are beyond their bounds."""
        measured = (
            (Measure.AGENTS_GONE, self.agents_gone_percent, numbers.drift_agents_gone_percent),
            (Measure.ROWS_CHANGE, self.rows_change_percent, numbers.drift_rows_percent),
            (Measure.KIND_SHIFT, self.kind_shift_points, numbers.drift_kind_points),
        )
        return tuple(
            Drift(measure=name, found=found, bound=bound) for name, found, bound in measured if found > bound
        )


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What a checked attempt holds: rows by kind and by delegation, consumers delegated, what changed.

    `delegated` counts pairs of a consumer and an agent; `changes` is None before the first
    publication.
    """

    kinds: Mapping[str, int]
    delegations: Mapping[str, int]
    delegated: int
    changes: Changes | None

    def encode(self) -> str:
        """Return it as the database keeps it."""
        return json.dumps(asdict(self), sort_keys=True)

    @staticmethod
    def decode(text: str) -> Summary:
        """Read what `encode` wrote."""
        document: dict[str, Any] = json.loads(text)
        changes = document.pop("changes")
        return Summary(**document, changes=None if changes is None else Changes(**changes))


@dataclass(frozen=True, kw_only=True)
class Kept:
    """How many delegations an import holds, and how many began and ended since its base.

    `begun` and `ended` are None where the base is of another year: its pseudonyms are others.
    """

    held: int
    begun: int | None
    ended: int | None


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One snapshot's counts, as they are compared; `agents` are active rows by licence."""

    rows: int
    agents: Mapping[str, int]
    kinds: Mapping[str, int]


def compare_shapes(as_of: str, revision: int, before: Shape, after: Shape, kept: Kept) -> Changes:
    """Compare an import with the snapshot in force, which `as_of` and `revision` name."""
    gone = before.agents.keys() - after.agents.keys()
    both = before.agents.keys() & after.agents.keys()
    return Changes(
        as_of=as_of,
        revision=revision,
        rows_before=before.rows,
        agents_before=len(before.agents),
        agents_new=len(after.agents.keys() - before.agents.keys()),
        agents_gone=len(gone),
        agents_changed=sum(before.agents[agent] != after.agents[agent] for agent in both),
        begun=kept.begun,
        ended=kept.ended,
        agents_gone_percent=_percent(len(gone), len(before.agents)),
        rows_change_percent=_percent(abs(after.rows - before.rows), before.rows),
        kind_shift_points=_shift(before.kinds, after.kinds),
    )


def _percent(part: int, whole: int) -> int:
    """Return a part in percent, rounded up; 0 of nothing."""
    return -(-100 * part // whole) if whole else 0


def _shift(before: Mapping[str, int], after: Mapping[str, int]) -> int:
    """Return the percentage points by which the share moved that moved most."""
    had, has = sum(before.values()), sum(after.values())
    if not had or not has:
        return 0
    kinds = before.keys() | after.keys()
    return max(_percent(abs(after.get(k, 0) * had - before.get(k, 0) * has), had * has) for k in kinds)
