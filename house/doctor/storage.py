"""Checks of what keeps the ledger apart: the database's roles, disk in reserve, states that fit entries."""

from __future__ import annotations

from house.doctor.findings import Finding, failed, warned, well
from house.wiring import House
from runtime.database import reading
from runtime.roles import is_separated
from store.contradicted import contradicted_exports

_ROLES, _RESERVE, _STATES = "roles", "reserve", "states"
_MEBIBYTE = 1024 * 1024
_SHOWN = 5


def check_roles(house: House) -> Finding:
    """Check that the house's role can't rewrite the ledger, where the database knows roles."""
    if house.engine.dialect.name == "sqlite":
        return well(_ROLES, "SQLite knows none; the vault's head stands for the ledger")
    if is_separated(house.engine):
        return well(_ROLES, "the house adds to the ledger through its owner's functions alone")
    return warned(
        _ROLES,
        "the house signs in as a role that may write the ledger's tables itself",
        "name its owner in SEALEDBOOK_DATABASE_OWNER, and let the house sign in as a role of its own, "
        "as deploy/postgres.sql makes both",
    )


def check_reserve(house: House) -> Finding:
    """Check that disk is kept in reserve for what has to be recorded when there is no other."""
    size = house.disk.reserve.size
    if not size:
        return well(_RESERVE, "none is kept here")
    if house.disk.reserve.is_whole:
        return well(_RESERVE, f"{size / _MEBIBYTE:,.1f} MiB kept, to record ends with when the disk is full")
    return failed(
        _RESERVE,
        "spent or not made yet: nothing is released",
        f"make room for {2 * size / _MEBIBYTE:,.1f} MiB; the running house makes it anew within seconds",
    )


def check_states(house: House) -> Finding:
    """Check that no export's state says other than the ledger does."""
    with reading(house.engine) as connection:
        wrong = contradicted_exports(connection)
    if not wrong:
        return well(_STATES, "every export stands where the ledger says")
    named = ", ".join(wrong[:_SHOWN]) + (", …" if len(wrong) > _SHOWN else "")
    return failed(
        _STATES,
        f"{len(wrong)} exports don't stand where the ledger says: {named}",
        "find out who changed or restored the database, and revoke them",
    )
