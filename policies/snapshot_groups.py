"""Groups of facts about a snapshot: its import, its publication, holds on it; laws as in `fact_groups.py`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """An extract to import: its as-of moment is a Friday cut-off, and is not in the future."""

    as_of_is_cutoff: bool
    as_of_is_past: bool


@dataclass(frozen=True, kw_only=True)
class Publication:
    """A checked attempt to publish.

    `checked`: every check passed and what was stored reconciles with what was read; `scanned`: the
    never-export scan ran over it and found nothing; `is_newer`: a later as-of than any published
    snapshot, or the next revision of the newest one; `reasoned`: the first revision of its Friday, or
    one that says why it corrects.

    Against the snapshot that was in force at its import, in whole numbers, rounded up: percent of its
    agents that are gone, percent by which the rows became more or fewer, percentage points by which a
    consumer kind's share moved most; all 0 where there was none. `drift_accepted`: who publishes says
    that this is right, and why.
    """

    checked: bool
    scanned: bool
    as_of_is_cutoff: bool
    is_newer: bool
    reasoned: bool
    agents_gone_percent: int
    rows_change_percent: int
    kind_shift_points: int
    drift_accepted: bool


@dataclass(frozen=True, kw_only=True)
class SnapshotHold:
    """Agents' rows of a snapshot to hold beyond its weeks, or, naming no agents, to let go.

    `present`: how many people showed, minutes ago, that they attend this; `stands`: the snapshot is
    published and stored, with rows of each agent, none let go before (to let go: something is held);
    `review_ahead`: the day when it is looked at again is to come (to let go: always).
    """

    present: int
    stands: bool
    review_ahead: bool
