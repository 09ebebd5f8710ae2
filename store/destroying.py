"""The facts of a destruction: whether each named object's time has come, by the terms of its kind."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from audit.entry import Actor
from policies.fact_groups import Destruction
from policies.facts import DestroyObjectFacts
from policies.gate import Ask, Bound
from policies.numbers import Numbers
from store.destruction import is_due, year_is_due
from store.snapshot_source import SnapshotSource
from store.standing import service_facts

_SNAPSHOTS = ("snapshot:", "hold:")
_YEAR = "year:"


def destroy_object_facts(
    connection: Connection,
    actor: Actor,
    ask: Ask,
    now: datetime,
    numbers: Numbers,
    snapshots: SnapshotSource,
    orphan_seconds: float,
) -> tuple[DestroyObjectFacts, Bound]:
    """Return the facts of destroying the objects that the ask names; nothing named is nothing due."""
    objects: tuple[str, ...] = ask.claims["objects"]

    def its_time_has_come(name: str) -> bool:
        if name.startswith(_SNAPSHOTS):
            return snapshots.is_destroyable(connection, name, now, numbers.snapshots_kept_weeks)
        if name.startswith(_YEAR):
            return year_is_due(int(name.removeprefix(_YEAR)), now, numbers.entries_kept_years)
        kept_days = numbers.passphrase_kept_days
        return is_due(connection, name, now, orphan_seconds=orphan_seconds, kept_days=kept_days)

    due = bool(objects) and all(map(its_time_has_come, objects))
    facts = DestroyObjectFacts(person=service_facts(actor), destruction=Destruction(due=due))
    return facts, Bound(objects=objects)
