"""Check that no system's key was changed behind the ledger."""

from __future__ import annotations

from house.doctor.findings import Finding, failed, well
from house.wiring import House
from runtime.database import reading
from store.api_keys import KeyState, list_keys

_KEYS = "system-keys"
_SHOWN = 5


def check_system_keys(house: House) -> Finding:
    """Check every key's row against the newest digest that the ledger has of it."""
    now = house.clock.now()
    with reading(house.engine) as connection:
        keys = list_keys(connection)
        unsound = house.records.keys.unsound(connection)
    alive = sum(key.state(now) is KeyState.ACTIVE for key in keys)
    if not unsound:
        return well(_KEYS, f"{alive} of {len(keys)} keys alive, each as the ledger has it")
    named = ", ".join(unsound[:_SHOWN]) + (", …" if len(unsound) > _SHOWN else "")
    return failed(
        _KEYS,
        f"{len(unsound)} of {len(keys)} keys were changed outside the service, and are refused: {named}",
        "find out who changed the database; put these rows back from a backup, then revoke the keys",
    )
