"""What becomes of a sample's households from Friday to Friday.

A sample has places, and in each place one household lives after another. A place's weeks are cut
into **stays** (a household lives there), **tenures** (an agent has it) and **editions** (what is
known of it); where the cuts lie is the place's own chance. So each Friday some 0.7 % of all
households go and as many come, 1.5 % are changed, and 0.8 % change their agent, while everybody
else stays as they were. What lives in a place is drawn from (seed, place, which of its kind) alone:
another Friday, another process or another order draws the same.

Agents' shares have a long tail: of 12,000 agents with 1.8 million consumers, half have some 60 at
most, and the largest has some 60,000.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from math import exp
from statistics import NormalDist

from snapshot.sample_words import Weighted, between

FIRST_FRIDAY = date(1971, 1, 1)
_STAY_WEEKS, _TENURE_WEEKS, _EDITION_WEEKS = 140, 120, 65
_PENDING_WEEKS, _ENDED_WEEKS = 3, 5
_HALF_HAVE, _SPREAD = 50, 1.25
_LARGEST_OF_ONE, _FALL = 4.0, 1.3
_SIZES = Weighted.of((1, 2, 3, 4, 5), (45, 22, 15, 12, 6))
_PLACE_BITS, _NUMBER_BITS, _PART_BITS, _EDITION_BITS = 40, 24, 8, 10


class Part(IntEnum):
    """What a chance is for: each has its own, so that one changes without the others."""

    SIZES = 1
    AGENTS = 2
    PLACE = 3
    STAY = 4
    TENURE = 5
    EDITION = 6
    ROSTER = 7


def chance_of(seed: int, part: Part, place: int = 0, number: int = 0) -> random.Random:
    """Return the chance of one part of one place."""
    mixed = ((seed << _PART_BITS | part) << _PLACE_BITS | place) << _NUMBER_BITS | number
    return random.Random(mixed)  # noqa: S311  the same seed must give the same sample; nothing secret


@dataclass(frozen=True, kw_only=True)
class Life:
    """How it stands with one place on a Friday; days are those of the stay's and edition's beginning."""

    stay: int
    moved_in: date
    edition: int
    noted: date
    tenure: int
    delegation: str
    delegated: date
    ended: date | None


def sizes_of(seed: int, agents: int, consumers: int) -> bytes:
    """Return how many live in each place, so many consumers in all, and at least a place an agent."""
    chance, left, sizes = chance_of(seed, Part.SIZES), consumers, bytearray()
    while left:
        kept_free = max(0, min(agents, consumers) - len(sizes) - 1)
        size = max(1, min(_SIZES.draw(chance), left - kept_free))
        sizes.append(size)
        left -= size
    return bytes(sizes)


def shares_of(seed: int, agents: int) -> Weighted[int]:
    """Return the agents' numbers with their shares of all households.

    The first one of the roster has a middling share: whoever tries a sample begins there.
    """
    ranks = list(range(agents))
    chance_of(seed, Part.AGENTS).shuffle(ranks)
    middling = ranks.index(agents // 4)
    ranks[0], ranks[middling] = ranks[middling], ranks[0]
    normal = NormalDist()
    usual = [_HALF_HAVE * exp(_SPREAD * normal.inv_cdf(1 - (rank + 0.5) / agents)) for rank in ranks]
    largest = [_LARGEST_OF_ONE * agents / (rank + 1) ** _FALL for rank in ranks]
    return Weighted.of(range(agents), [sum(each) for each in zip(usual, largest, strict=True)])


def life_of(seed: int, place: int, today: date, *, is_kept: bool) -> Life:
    """Return how it stands with a place on a day; a kept one is always actively delegated."""
    chance = chance_of(seed, Part.PLACE, place)
    week = (today - FIRST_FRIDAY).days // 7
    stay, stayed = divmod(week + between(chance, 0, _STAY_WEEKS - 1), _STAY_WEEKS)
    tenure, held = divmod(week + between(chance, 0, _TENURE_WEEKS - 1), _TENURE_WEEKS)
    edition, known = divmod(week + between(chance, 0, _EDITION_WEEKS - 1), _EDITION_WEEKS)
    left = _TENURE_WEEKS - held
    delegation = "ended" if left <= _ENDED_WEEKS else "pending" if held < _PENDING_WEEKS else "active"
    if is_kept:
        # The days of a tenure that began with the stay, and lasts.
        delegation, tenure, held = "active", 0, stayed
    friday = FIRST_FRIDAY + timedelta(weeks=week)
    moved_in = friday - timedelta(weeks=stayed)
    ended = friday - timedelta(weeks=_ENDED_WEEKS - left, days=2) if delegation == "ended" else None
    return Life(
        stay=stay,
        moved_in=moved_in,
        edition=stay << _EDITION_BITS | edition,
        noted=max(friday - timedelta(weeks=known), moved_in),
        tenure=tenure,
        delegation=delegation,
        delegated=max(friday - timedelta(weeks=held, days=3), moved_in - timedelta(days=3)),
        ended=ended,
    )


def agent_of(seed: int, place: int, tenure: int, shares: Weighted[int], kept: int | None) -> int:
    """Return who has a place in a tenure; `kept` is who has it always."""
    return shares.draw(chance_of(seed, Part.TENURE, place, tenure)) if kept is None else kept
