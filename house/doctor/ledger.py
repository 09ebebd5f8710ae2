"""Checks of what remembers: the database, the ledger in it, and the clock that both are read by."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from audit.errors import LedgerError
from audit.soundness import check_stored, newest_signed
from audit.stored import last_moment
from house.doctor.findings import Finding, failed, warned, well
from house.wiring import House
from runtime.clock import parse_rfc3339
from runtime.database import DatabaseUnfitError, reading, revisions

LAST_ENTRIES = 2000
_MANY_UNSIGNED = 500
_DATABASE = "database"
_LEDGER = "ledger"
_CLOCK = "clock"
_NOW = {
    "sqlite": "SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')",
    "postgresql": "SELECT clock_timestamp()",
}


def check_database(house: House) -> Finding:
    """Check that the database answers, is fit, and has the newest shape."""
    try:
        present, newest = revisions(house.engine)
    except DatabaseUnfitError as error:
        return failed(_DATABASE, str(error), "set the server up as it says")
    except SQLAlchemyError as error:
        return failed(
            _DATABASE,
            f"can't be used ({type(error).__name__})",
            "see that it runs and that the disk is whole",
        )
    if present != newest:
        return failed(
            _DATABASE,
            f"has shape {present or 'none'} instead of {newest}",
            "stop the house, bring it up to date with sealedbook upgrade, and start it again",
        )
    return well(_DATABASE, f"{house.engine.dialect.name} answers, shape {present}")


def check_ledger(house: House) -> Finding:
    """Compute the newest entries, the tree above them and the root anew, and compare."""
    try:
        with reading(house.engine) as connection:
            size = check_stored(connection, LAST_ENTRIES)
            signed = newest_signed(connection)
    except LedgerError as error:
        return failed(
            _LEDGER,
            str(error),
            "stop the house and keep everything as it is: somebody or something rewrote it",
        )
    unsigned = size - (signed.size if signed else 0)
    if unsigned > _MANY_UNSIGNED:
        return warned(
            _LEDGER, f"{unsigned} of {size} entries aren't signed yet", "see that worker and vault run"
        )
    return well(
        _LEDGER, f"{size} entries; the last {min(size, LAST_ENTRIES)} and the tree above compute anew"
    )


def check_clock(house: House) -> Finding:
    """Check that the machine's clock and the database's agree (R22), and that time didn't go back."""
    allowed = house.policy.numbers.clock_skew_seconds
    with reading(house.engine) as connection:
        skew = abs((_database_now(connection) - datetime.now(UTC)).total_seconds())
        last = last_moment(connection)
    if skew > allowed:
        return failed(
            _CLOCK,
            f"{skew:.1f} s apart from the database's, {allowed} s are allowed",
            "have both machines' clocks set by NTP",
        )
    ahead = (parse_rfc3339(last) - house.clock.now()).total_seconds() if last else 0.0
    if ahead > allowed:
        return failed(
            _CLOCK,
            f"the newest entry is {ahead:.1f} s ahead of the clock",
            "the clock went back: have it set by NTP",
        )
    return well(_CLOCK, f"{skew:.1f} s apart from the database's; no entry is ahead of it")


def _database_now(connection: Connection) -> datetime:
    found = connection.execute(text(_NOW[connection.dialect.name])).scalar_one()
    return found if isinstance(found, datetime) else datetime.fromisoformat(found)
