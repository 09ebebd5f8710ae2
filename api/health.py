"""Is the process alive, and can it do its work: `/healthz` and `/readyz`.

Law: ready means that an access could be recorded and proved right now. What isn't ready is
named by a code and nothing else; the answer is worked out at most once a second.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from api.documented import ProblemBody
from api.problems import Problem
from audit.entry import Actor, Draft, Resource
from audit.errors import LedgerError
from audit.events import Event, Outcome
from audit.ledger import Ledger
from house.anchoring import guard_of
from house.guards import ClockGuard
from house.wiring import House
from runtime.broker import broker_client
from runtime.database import reading
from vault.errors import VaultError

NOT_READY = Problem(
    status=503, code="not-ready", title="Not ready", detail="`reasons` says what is missing, as codes."
)
_KEPT_SECONDS = 1.0
_BROKER_SECONDS = 1.0
_NOBODY = Actor(kind="service", id="api", role="service")

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """All is well."""

    status: str


def is_database_well(house: House) -> bool:
    """Tell whether the database answers."""
    try:
        with reading(house.engine) as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    return True


def is_ledger_well(house: House) -> bool:
    """Tell whether an entry could be appended: one is, and is rolled back."""
    trial = Draft(
        event=Event.LEDGER_EXPORTED,
        outcome=Outcome.DONE,
        actor=_NOBODY,
        client="local:api",
        action="ReadLedger",
        resource=Resource(kind="ledger", id="trial"),
    )
    try:
        with house.engine.connect() as connection, connection.begin() as transaction:
            Ledger(house.clock).append(connection, [trial])
            transaction.rollback()
    except (SQLAlchemyError, LedgerError):
        return False
    return True


def is_vault_well(house: House) -> bool:
    """Tell whether the vault answers and isn't locked."""
    try:
        return not house.vault.status().locked
    except VaultError:
        return False


def is_broker_well(house: House) -> bool:
    """Tell whether the broker answers."""
    try:
        with broker_client(house.settings.broker, seconds=_BROKER_SECONDS) as client:
            client.ping()
    except (RedisError, OSError):
        return False
    return True


def is_policy_well(house: House) -> bool:
    """Tell whether the policy set that was adopted is the one in force, or none was adopted yet."""
    return not house.policies.standing().is_broken


def is_anchor_well(house: House) -> bool:
    """Tell whether no anchor is overdue, where that stops access."""
    guard = guard_of(house.settings)
    if guard is None:
        return True
    try:
        with reading(house.engine) as connection:
            return not guard.halted_by(connection, house.clock.now())
    except (SQLAlchemyError, LedgerError):
        return False


def is_clock_well(house: House) -> bool:
    """Tell whether the clock is near the database's (rule R22)."""
    guard = ClockGuard(house.clock_watch, house.policy.numbers.clock_skew_seconds)
    try:
        with reading(house.engine) as connection:
            return not guard.halted_by(connection)
    except (SQLAlchemyError, LedgerError):
        # That is `database`; of the clock nothing is known.
        return True


def is_disk_well(house: House) -> bool:
    """Tell whether the disk's reserve is whole."""
    return not house.disk.halted_by()


CHECKS: Mapping[str, Callable[[House], bool]] = MappingProxyType(
    {
        "database": is_database_well,
        "ledger": is_ledger_well,
        "vault": is_vault_well,
        "broker": is_broker_well,
        "clock": is_clock_well,
        "disk": is_disk_well,
        "anchor": is_anchor_well,
        "policy": is_policy_well,
    }
)
"""What must be well, by the code that says it isn't."""


class Readiness:
    """Knows what isn't ready; asks again when its knowledge is older than a second."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._lock = threading.Lock()
        self._asked_at = float("-inf")
        self._missing: list[str] = []

    def missing(self) -> list[str]:
        """Return the codes of what isn't well."""
        with self._lock:
            if time.monotonic() - self._asked_at >= _KEPT_SECONDS:
                self._missing = [code for code, is_well in CHECKS.items() if not is_well(self._house)]
                self._asked_at = time.monotonic()
            return self._missing


@router.get("/healthz")
def show_health() -> Health:
    """Say that the process lives."""
    return Health(status="ok")


@router.get("/readyz", response_model=Health, responses={503: {"model": ProblemBody}})
def show_readiness(request: Request) -> Response | Health:
    """Say whether an access could be recorded and proved now."""
    readiness: Readiness = request.app.state.readiness
    missing = readiness.missing()
    return NOT_READY.answer(reasons=missing) if missing else Health(status="ok")
