"""Anchors: places outside the database's reach that keep copies of signed heads.

Who owns the database can rewrite all of it, and a key thief can sign that anew; what stands in
an anchor then contradicts it. Laws of this file:
1. A copy's name begins with its size, so that names sort as the ledger grew; a copy is added,
   never replaced.
2. A head that moved is due after a while, one that stood still once a day: silence would look
   like loss. What only tells of anchoring itself (`ITS_OWN`) doesn't count as movement, or each
   copy would ask for the next.
3. Overdue is measured from the first entry that no copy covers, so that a quiet house isn't late
   the moment somebody comes.
Pure: drivers and their I/O are elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from audit.checkpoint import Head
from audit.events import Event

ITS_OWN: Final = frozenset({Event.HEAD_ANCHORED, Event.HEAD_COSIGNED, Event.ANCHOR_FAILED})
"""Events that come of anchoring and cosigning."""

_NAME = re.compile(r"([0-9]{16})\.([0-9]{8}t[0-9]{6}z)\.checkpoint", re.ASCII)
_STAMP = "%Y%m%dt%H%M%Sz"
_FIRST_WAIT = timedelta(seconds=15)
_LONGEST_WAIT = timedelta(minutes=2)


class Trouble(StrEnum):
    """Why an outpost has no newer copy: the `reason` of `anchor.failed`."""

    MISSING = "missing"
    UNWRITABLE = "unwritable"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    TAKEN = "taken"
    UNLOCKED = "unlocked"
    NOBODY = "nobody"
    LOST = "lost"
    UNREADABLE = "unreadable"
    NOT_EXTENDED = "not-extended"
    OVERDUE = "overdue"


class AnchorError(Exception):
    """An anchor didn't take a copy or hand one back; `trouble` says why."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(f"the anchor failed: {trouble.value}")
        self.trouble = trouble


@dataclass(frozen=True, kw_only=True)
class Copy:
    """A signed checkpoint (`note`) over `size` entries, as it was taken outside at a moment."""

    size: int
    at: datetime
    note: str

    @property
    def name(self) -> str:
        """The copy's name: size, then moment, so that names sort as the ledger grew."""
        return f"{self.size:016d}.{self.at.astimezone(UTC):{_STAMP}}.checkpoint"


class Anchor(Protocol):
    """A place for copies."""

    @property
    def name(self) -> str:
        """The name by which entries and people know it."""
        ...

    def put(self, copy: Copy) -> None:
        """Keep a copy durably; repeating it is harmless. Raises AnchorError."""
        ...

    def newest(self, known: int) -> Copy | None:
        """Return the copy over the most entries, at least `known` of them; None where none is readable.

        Raises AnchorError.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How often copies are due, and how late they may be."""

    every: timedelta
    idle: timedelta
    grace: timedelta


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How far an outpost is: the head it has (None before the first), and how the last tries went."""

    name: str
    size: int = 0
    root: bytes | None = None
    reached_at: datetime | None = None
    next_at: datetime | None = None
    tries: int = 0
    reason: str | None = None
    paused: bool = False

    @property
    def head(self) -> Head | None:
        """The head that the outpost has."""
        return None if self.root is None else Head(self.size, self.root)


@dataclass(frozen=True, kw_only=True)
class Movement:
    """What came after an outpost's head: when the first of it, and whether a snapshot was published."""

    since: datetime | None = None
    has_publication: bool = False


def is_due(standing: Standing, moved: Movement, now: datetime, pace: Pace, *, at_publish: bool) -> bool:
    """Tell whether a copy should be made now, tries that failed aside."""
    if standing.reached_at is None:
        return True
    age = now - standing.reached_at
    if moved.since is not None:
        return age >= pace.every or (at_publish and moved.has_publication)
    return age >= pace.idle


def may_try(standing: Standing, now: datetime) -> bool:
    """Tell whether the wait after a failure is over."""
    return standing.next_at is None or now >= standing.next_at


def next_try(tries: int, now: datetime) -> datetime:
    """Return when to try again after so many failures: later each time, and not for ever later."""
    return now + min(_FIRST_WAIT * (1 << min(tries - 1, 10)), _LONGEST_WAIT)


def is_overdue(standing: Standing, moved: Movement, now: datetime, pace: Pace) -> bool:
    """Tell whether the newest copy is older than its limit."""
    if moved.since is not None:
        last = max(standing.reached_at or moved.since, moved.since)
        return now - last > pace.every + pace.grace
    return standing.reached_at is not None and now - standing.reached_at > pace.idle + pace.grace


def newest_name(names: Iterable[str], known: int) -> str | None:
    """Return the copy's name over the most entries, at least `known`; other names are passed over."""
    copies = (name for name in names if _NAME.fullmatch(name) and name >= first_name(known))
    return max(copies, default=None)


def first_name(known: int) -> str:
    """Return what sorts before every copy over `known` entries or more, and after all others."""
    return f"{known:016d}"


def read_copy(name: str, data: bytes) -> Copy:
    """Return the copy that stands under a name. Raises AnchorError for one that can't be read."""
    found = _NAME.fullmatch(name)
    try:
        if found is not None:
            at = datetime.strptime(found[2], _STAMP).replace(tzinfo=UTC)
            return Copy(size=int(found[1]), at=at, note=data.decode())
    except ValueError:
        pass
    raise AnchorError(Trouble.UNREADABLE)
