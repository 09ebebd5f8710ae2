"""The whole examination: every check, whatever the others found."""

from __future__ import annotations

from collections.abc import Callable

from house.doctor.books import check_kernel
from house.doctor.compliance import check_policy, check_retention, check_review
from house.doctor.data import check_exports, check_roster, check_snapshot
from house.doctor.delegations import check_delegations
from house.doctor.destruction import check_destruction
from house.doctor.findings import Finding, failed
from house.doctor.holds import check_holds
from house.doctor.keys import check_files, check_vault
from house.doctor.ledger import check_clock, check_database, check_ledger
from house.doctor.outside import check_anchors, check_stream, check_witnesses
from house.doctor.people import check_people
from house.doctor.storage import check_reserve, check_roles, check_states
from house.doctor.system_keys import check_system_keys
from house.doctor.ways import check_broker, check_disk, check_mail
from house.wiring import House
from runtime.logs import place_of

CHECKS: dict[str, Callable[[House], Finding]] = {
    "files": check_files,
    "database": check_database,
    "roles": check_roles,
    "ledger": check_ledger,
    "vault": check_vault,
    "broker": check_broker,
    "mail": check_mail,
    "clock": check_clock,
    "snapshot": check_snapshot,
    "roster": check_roster,
    "people": check_people,
    "system-keys": check_system_keys,
    "exports": check_exports,
    "delegations": check_delegations,
    "states": check_states,
    "policy": check_policy,
    "review": check_review,
    "retention": check_retention,
    "destruction": check_destruction,
    "holds": check_holds,
    "anchors": check_anchors,
    "witnesses": check_witnesses,
    "stream": check_stream,
    "disk": check_disk,
    "kernel": check_kernel,
    "reserve": check_reserve,
}


def examine(house: House) -> list[Finding]:
    """Return what each check found; one that breaks is a finding too."""
    return [_try(name, check, house) for name, check in CHECKS.items()]


def _try(name: str, check: Callable[[House], Finding], house: House) -> Finding:
    try:
        return check(house)
    except Exception as error:  # noqa: BLE001 - a check that breaks must not hide the others; no message is shown
        return failed(
            name,
            f"couldn't be checked ({type(error).__name__} at {place_of(error)})",
            "mend the others first",
        )
