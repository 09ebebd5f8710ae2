"""Check of legal holds: each is looked at again when it said, and none was begun and left."""

from __future__ import annotations

from house.doctor.findings import Finding, warned, well
from house.wiring import House
from runtime.database import reading
from snapshot.holds import Hold, HoldState, list_holds

_HOLDS = "holds"
_SHOWN = 5


def check_holds(house: House) -> Finding:
    """Check that no hold's review is overdue, and none is half placed."""
    today = house.clock.now().date()
    with reading(house.engine) as connection:
        standing = list_holds(connection, HoldState.PLACING, HoldState.HELD)
    begun = [hold for hold in standing if hold.state is HoldState.PLACING]
    overdue = [hold for hold in standing if hold.is_overdue(today)]
    if begun:
        return warned(
            _HOLDS,
            f"{len(begun)} begun and not placed, so that their snapshots are kept whole: {_named(begun)}",
            "give the same command again, or let go: sealedbook snapshot release-hold",
        )
    if overdue:
        return warned(
            _HOLDS,
            f"{len(overdue)} should have been looked at again: {_named(overdue)}",
            "find out whether they are still needed: sealedbook snapshot hold (with a later --review), "
            "or release-hold",
        )
    return well(_HOLDS, f"{len(standing)} stand, none overdue" if standing else "nothing is held")


def _named(holds: list[Hold]) -> str:
    return ", ".join(f"{hold.agent} of {hold.attempt}" for hold in holds[:_SHOWN])
