"""Checks of what access depends on: how old the snapshot and the roster are, and what waits for a person."""

from __future__ import annotations

from collections.abc import Mapping

from exports.states import State
from house.doctor.findings import Finding, failed, warned, well
from house.overview import read_overview
from house.wiring import House
from runtime.clock import PACIFIC
from runtime.database import reading
from snapshot.week import Stage
from store.told import untold_exports

_DAY_SECONDS = 86400
_SNAPSHOT = "snapshot"
_ROSTER = "roster"
_EXPORTS = "exports"
_SHOWN = 5
_IMPORT = "import the newest extract: sealedbook snapshot import, then publish"
_NEXT_STEP: Mapping[Stage, str] = {
    Stage.EXPECTED: _IMPORT,
    Stage.IMPORTING: "see that the import ends; one that died leaves nothing, so import again",
    Stage.CHECKED: "put it in force: sealedbook snapshot publish",
    Stage.REFUSED: "read the import's report and ask the exchange for another extract",
    Stage.PUBLISHED: "",
}


def check_snapshot(house: House) -> Finding:
    """Check that the published data are new enough for exports (rules R34 and R35)."""
    numbers, overview = house.policy.numbers, read_overview(house)
    if overview.snapshot is None or overview.snapshot_age_seconds is None:
        return warned(_SNAPSHOT, "none is published", _IMPORT)
    days = int(overview.snapshot_age_seconds // _DAY_SECONDS)
    as_of = overview.snapshot.as_of.astimezone(PACIFIC)
    said = f"as of {as_of:%Y-%m-%d %H:%M} Pacific, {days} days old"
    if days > numbers.snapshot_stale_days:
        return failed(_SNAPSHOT, f"{said}: exports have stopped", _IMPORT)
    if overview.week.is_late or overview.week.stage is Stage.REFUSED:
        late = "late, " if overview.week.is_late else ""
        stands = f"{said}; this week's are {late}{overview.week.stage.value}"
        return warned(
            _SNAPSHOT,
            f"{stands}; exports stop after {numbers.snapshot_stale_days} days",
            _NEXT_STEP[overview.week.stage],
        )
    if days > numbers.snapshot_old_days:
        return warned(_SNAPSHOT, f"{said}; exports stop after {numbers.snapshot_stale_days}", _IMPORT)
    return well(_SNAPSHOT, said)


def check_roster(house: House) -> Finding:
    """Check that the roster is new enough for access (rule R16)."""
    stale, overview = house.policy.numbers.roster_stale_days, read_overview(house)
    advice = "take the newest roster over: sealedbook people import"
    if overview.roster_age_seconds is None:
        return warned(_ROSTER, "none came yet", advice)
    days = int(overview.roster_age_seconds // _DAY_SECONDS)
    if days > stale:
        return failed(_ROSTER, f"{days} days old: access has stopped", advice)
    return well(_ROSTER, f"{days} days old; access stops after {stale}")


def check_exports(house: House) -> Finding:
    """Check that exports stand as the ledger tells, and none waits for what only a person can settle."""
    overview = read_overview(house)
    with reading(house.engine) as connection:
        untold = untold_exports(connection)
    if untold:
        return failed(
            _EXPORTS,
            f"{len(untold)} stand otherwise than the ledger tells: {', '.join(untold[:_SHOWN])}",
            "find out who changed the database, and put these rows back from a backup",
        )
    unknown = overview.exports[State.UNKNOWN]
    if unknown:
        return warned(
            _EXPORTS,
            f"{unknown} with a lost answer of the mail server",
            "find out whether the mail arrived: sealedbook exports resolve",
        )
    return well(_EXPORTS, f"{sum(overview.exports.values())} in all, {overview.due} due now")
