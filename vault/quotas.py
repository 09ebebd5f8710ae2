"""Quotas: how much one kind of caller may open, so that one stolen credential can't drain everything.

Laws
1. What is opened is counted in the change that opens it; what is refused isn't counted.
2. A minute is the machine's own (UTC), an hour the last sixty of them. Counts of other minutes
   are dropped, so that a clock which jumps locks nobody out for longer than an hour.
3. Look-ups are counted for the person who asked, besides.

The numbers leave room for the honest: a night's 12,000 books, and every agent's Monday morning.
An installation may set its own in `quotas.toml` in the vault's folder, read at start:

    [reveal_passphrase]
    minute = 30
    hour = 400
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from vault.errors import Code, RefusalError
from vault.home import HomeError
from vault.store import Store
from vault.table import ROWS, Call, CallerKind

QUOTAS_NAME = "quotas.toml"
MINUTES = 60


@dataclass(frozen=True, kw_only=True)
class Quota:
    """The most openings within one minute and within one hour."""

    minute: int
    hour: int


QUOTAS: Mapping[Call, Quota] = {
    Call.IMPORT_SNAPSHOT: Quota(minute=60, hour=600),
    Call.BUILD_BOOK: Quota(minute=6000, hour=60_000),
    Call.SEND_BOOK: Quota(minute=6000, hour=60_000),
    Call.DOWNLOAD_BOOK: Quota(minute=3000, hour=30_000),
    Call.REVEAL_PASSPHRASE: Quota(minute=1500, hour=15_000),
    Call.VIEW_CONSUMERS: Quota(minute=6000, hour=120_000),
    Call.ENROL_FACTOR: Quota(minute=600, hour=6000),
    Call.RELEASE_FACTOR: Quota(minute=60, hour=600),
    Call.DESTROY: Quota(minute=12_000, hour=240_000),
    Call.FIND_CONSUMER: Quota(minute=60, hour=600),
    Call.END_DELEGATIONS: Quota(minute=60, hour=600),
    Call.HOLD_SNAPSHOT: Quota(minute=60, hour=600),
    Call.ROTATE_KEY: Quota(minute=10, hour=60),
}
# For one person, in addition to their caller's.
QUOTAS_OF_ONE: Mapping[Call, Quota] = {Call.FIND_CONSUMER: Quota(minute=10, hour=60)}


class Quotas:
    """Counts in the store. `take` runs inside a change of its caller."""

    def __init__(self, store: Store, quotas: Mapping[Call, Quota]) -> None:
        self._store = store
        self._quotas = quotas

    def take(self, kind: CallerKind, call: Call, person: str, now: datetime) -> None:
        """Count one opening, or raise a `quota` refusal; `now` is the machine's time."""
        minute = int(now.timestamp()) // 60
        self._count(f"{kind.value}:{call.value}", self._quotas[call], minute)
        if call in QUOTAS_OF_ONE:
            self._count(f"{call.value}:{person}", QUOTAS_OF_ONE[call], minute)

    def _count(self, who: str, quota: Quota, minute: int) -> None:
        execute = self._store.connection.execute
        rows = execute("SELECT minute, times FROM opened WHERE who = ?", (who,)).fetchall()
        counted = {at: times for at, times in rows if minute - MINUTES < at <= minute}
        if counted.get(minute, 0) >= quota.minute or sum(counted.values()) >= quota.hour:
            raise RefusalError(Code.QUOTA)
        if len(counted) < len(rows):
            execute(
                "DELETE FROM opened WHERE who = ? AND (minute <= ? OR minute > ?)",
                (who, minute - MINUTES, minute),
            )
        execute(
            "INSERT INTO opened VALUES (?, ?, 1) ON CONFLICT (who, minute) DO UPDATE SET times = times + 1",
            (who, minute),
        )


def read_quotas(home: Path) -> Mapping[Call, Quota]:
    """Return the quotas with what the folder's file sets; a file that can't be meant is a HomeError."""
    try:
        text = (home / QUOTAS_NAME).read_text("utf-8")
    except FileNotFoundError:
        return QUOTAS
    try:
        said = tomllib.loads(text)
        return {**QUOTAS, **{_call(name): _quota(numbers) for name, numbers in said.items()}}
    except (ValueError, TypeError) as error:
        raise HomeError(f"{QUOTAS_NAME} can't be used: {error}") from None


def _call(name: str) -> Call:
    call = Call(name)
    if call not in ROWS:
        raise ValueError(f"{name} has no quota")
    return call


def _quota(numbers: object) -> Quota:
    if not isinstance(numbers, dict) or not all(
        type(number) is int and number >= 0 for number in numbers.values()
    ):
        raise ValueError("a quota is minute = N and hour = N")
    return Quota(**numbers)
