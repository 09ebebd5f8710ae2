"""Holding an export while it is worked on: a thread renews the lease until the work ends."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from exports.errors import LostClaimError
from exports.export import Claim
from runtime.clock import Clock
from runtime.database import writing
from store.exports import renew_claim

_RENEWALS_PER_LEASE = 4


@contextmanager
def held(engine: Engine, clock: Clock, claim: Claim, lease_seconds: float) -> Iterator[None]:
    """Renew a claim four times a lease until the block ends.

    A lease that was lost isn't an error here: every write of the block proves the fencing
    token for itself and fails.
    """
    done = threading.Event()

    def renew() -> None:
        while not done.wait(lease_seconds / _RENEWALS_PER_LEASE):
            try:
                with writing(engine) as connection:
                    renew_claim(connection, claim, clock.now(), lease_seconds)
            except LostClaimError:
                return
            except SQLAlchemyError:
                structlog.get_logger().warning("lease.unrenewed", export=claim.export)

    thread = threading.Thread(target=renew, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
