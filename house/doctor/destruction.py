"""Check of what has to go: nothing outlives its term, and how long backups may hold what went (R33)."""

from __future__ import annotations

from audit.events import Event
from audit.lookups import newest_of
from house.doctor.findings import Finding, warned, well
from house.wiring import House
from policies.actions import Action
from runtime.clock import parse_rfc3339
from runtime.database import reading
from snapshot.retention import outlived_snapshots
from store.destruction import gone_everywhere

_DESTRUCTION = "destruction"


def check_destruction(house: House) -> Finding:
    """Check that no snapshot outlives its weeks, and tell when what was destroyed last is gone everywhere."""
    numbers = house.policy.numbers
    with reading(house.engine) as connection:
        kept = outlived_snapshots(connection, house.clock.now(), numbers.snapshots_kept_weeks)
        last = newest_of(connection, action=Action.DESTROY_OBJECT, event=Event.OBJECT_DESTROYED)
    if last is None:
        said = "nothing was destroyed yet"
    else:
        gone = gone_everywhere(parse_rfc3339(last.entry.at), numbers.backup_window_days)
        said = f"last destroyed here on {last.entry.at[:10]}, and everywhere, backups too, by {gone}"
    if kept:
        return warned(
            _DESTRUCTION,
            f"snapshots beyond their {numbers.snapshots_kept_weeks} weeks: {len(kept)}; {said}",
            "see that a worker runs and the vault answers: the sweep destroys them",
        )
    return well(_DESTRUCTION, said)
