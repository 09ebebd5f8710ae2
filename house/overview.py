"""How an installation stands: numbers, moments and codes, and nothing about anybody.

What `sealedbook status` shows and `/metrics` counts. The vault is asked for its status, which
needs no credential; one that doesn't answer is None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from audit.soundness import Signed, newest_signed
from exports.states import State
from house.outside import Outside, look_outside
from house.wiring import House
from runtime.clock import parse_rfc3339
from runtime.database import reading
from runtime.settings import SettingsError
from snapshot.calendar import next_cutoff, publish_deadline
from snapshot.holds import list_holds
from snapshot.published import PublishedSnapshot, newest_published
from snapshot.week import Timeliness, Week, count_weeks, this_week
from store.census import count_due, exports_by_state
from store.people import newest_roster
from vault.answers import VaultStatus
from vault.errors import VaultError


@dataclass(frozen=True, kw_only=True)
class Overview:
    """One look: `now` by its clock, `entries` the ledger's size, `weeks` since the first publication."""

    now: datetime
    exports: Mapping[State, int]
    due: int
    entries: int
    signed: Signed | None
    snapshot: PublishedSnapshot | None
    week: Week
    weeks: Mapping[Timeliness, int]
    holds_overdue: int
    roster_at: datetime | None
    vault: VaultStatus | None
    outside: Outside

    @property
    def unsigned(self) -> int:
        """How many entries stand under no signed checkpoint yet."""
        return self.entries - (self.signed.size if self.signed else 0)

    @property
    def snapshot_age_seconds(self) -> float | None:
        """How old the published data are."""
        return None if self.snapshot is None else (self.now - self.snapshot.as_of).total_seconds()

    @property
    def roster_age_seconds(self) -> float | None:
        """How long ago the last roster came."""
        return None if self.roster_at is None else (self.now - self.roster_at).total_seconds()

    @property
    def next_cutoff(self) -> datetime:
        """When the next data are cut off."""
        return next_cutoff(self.now)

    @property
    def next_publication(self) -> datetime:
        """By when they are published."""
        return publish_deadline(self.next_cutoff)


def read_overview(house: House) -> Overview:
    """Look once. Raises what the database raises."""
    now = house.clock.now()
    vault = _vault_status(house)
    with reading(house.engine) as connection:
        roster = newest_roster(connection)
        return Overview(
            now=now,
            exports=exports_by_state(connection),
            due=count_due(connection, now),
            entries=house.reader.head(connection).size,
            signed=newest_signed(connection),
            snapshot=newest_published(connection),
            week=this_week(connection, now),
            weeks=count_weeks(connection, now),
            holds_overdue=sum(hold.is_overdue(now.date()) for hold in list_holds(connection)),
            roster_at=parse_rfc3339(roster) if roster else None,
            vault=vault,
            outside=look_outside(connection, house.settings, now),
        )


def _vault_status(house: House) -> VaultStatus | None:
    try:
        return house.vault.status()
    except (VaultError, SettingsError):
        return None
