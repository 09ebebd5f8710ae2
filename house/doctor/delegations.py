"""Checks of what a feed ended: books that it came too late for, and snapshots that still hold it."""

from __future__ import annotations

from house.delegations import opened_books
from house.doctor.findings import Finding, warned, well
from house.wiring import House
from runtime.database import reading
from snapshot.ended import still_held

_CHECK = "delegations"


def check_delegations(house: House) -> Finding:
    """Check that no opened book and no newer snapshot holds a consumer who ended the delegation."""
    with reading(house.engine) as connection:
        opened, held = opened_books(connection), still_held(connection)
    if opened:
        return warned(
            _CHECK,
            f"{len(opened)} opened books hold a consumer whose delegation has ended: {', '.join(opened[:5])}",
            "tell their agents to destroy the copies; nothing more of these books is shown (R06)",
        )
    if waiting := [one for one in held if one.consumers]:
        count = sum(one.consumers for one in waiting)
        agents = ", ".join(one.agent for one in waiting[:5])
        return warned(
            _CHECK,
            f"the newest snapshot still holds {count} consumers who had ended the delegation, of {agents}",
            "ask the exchange which is right; they stay withheld until a snapshot no longer holds them. "
            "If its data are: sealedbook delegations confirm --agent LICENSE --present A --present B",
        )
    if confirmed := sum(one.confirmed for one in held):
        return well(_CHECK, f"{confirmed} consumers are confirmed, in the books from the next data on")
    return well(_CHECK, "nothing that is out or in force holds a consumer whose delegation was ended")
