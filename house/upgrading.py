"""Bring an installation to this version: its database's shape, and the policy set that came along.

Law: what came along is kept and not in force. People approve it first, and the version after this one
can show them what it changed.
"""

from __future__ import annotations

from house.policies import Stage, keep_set
from house.wiring import House
from policies.rules import packaged_set
from runtime.roles import bring_up
from runtime.settings import Settings


def bring_to_this_version(settings: Settings) -> str | None:
    """Bring database and folder up to this version; return the shape that the database had.

    Nothing else may be using the house. Raises OSError, SQLAlchemyError, among them DatabaseUnfitError.
    """
    before = bring_up(settings.database, settings.database_owner)
    if settings.mode == "live":
        keep_set(settings.data)
    return before


def tell_outgrown(house: House) -> str:
    """Return what has to be done where the adopted policy set was made for another version, or nothing."""
    if house.policies.standing().stage is not Stage.OUTGROWN:
        return ""
    return (
        "the policy set in force was made for another version: nothing is released until a reviewer and "
        f"one more approve {packaged_set().digest[:16]} in the portal's page /policies"
    )
