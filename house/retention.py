"""Prune the ledger: say what goes, record that it goes, and then let it go (R25)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from sqlalchemy import Engine

from audit.entry import HeadRef, Resource
from audit.events import Event
from audit.pruning import Pruning, plan_pruning, prune
from house.wiring import House
from policies.gate import Who
from runtime.database import open_database

PRUNE_LEDGER: Final = "PruneLedger"


def plan_ledger_pruning(house: House, before: datetime) -> Pruning:
    """Say what goes when entries before a moment are pruned; change nothing. Raises RetentionError."""
    years = house.policy.numbers.entries_kept_years
    return plan_pruning(house.engine, before, now=house.clock.now(), years=years)


def prune_ledger(house: House, who: Who, before: datetime) -> Pruning:
    """Prune entries before a moment and return what went. Raises RetentionError, LedgerError.

    Where nothing is left to go, nothing is recorded. What a crash between record and deed left
    goes when the same is asked again.
    """
    pruning = plan_ledger_pruning(house, before)
    if pruning.count:
        resource = Resource(kind="ledger", id=house.settings.origin.rpartition("/")[2])
        head = HeadRef(size=pruning.head.size, root=pruning.head.root.hex())
        with house.gate.transaction(who) as tx:
            recorded = tx.record(Event.LEDGER_PRUNED, PRUNE_LEDGER, resource, count=pruning.count, head=head)
        with _owning(house) as engine:
            prune(engine, pruning, recorded.index)
    return pruning


@contextmanager
def _owning(house: House) -> Iterator[Engine]:
    """Open the database as the tables' owner, where the house itself may only add to the ledger."""
    if not house.settings.database_owner:
        yield house.engine
        return
    engine = open_database(house.settings.database_owner)
    try:
        yield engine
    finally:
        engine.dispose()
