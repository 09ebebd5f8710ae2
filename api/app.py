"""The application: routers, problems and the door, put around an open installation.

The OpenAPI description is at `/openapi.json`; no page of ours loads anybody else's scripts,
so there is no documentation page.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from api import (
    accounts,
    approvals,
    audit,
    consumers,
    delegations,
    disclosures,
    evidence,
    exports,
    heads,
    health,
    joining,
    links,
    metrics,
    oversight,
    policies,
    sessions,
    stories,
    system_keys,
    tracing,
)
from api.door import Door
from api.events import Watching
from api.handlers import BEAT_SECONDS, handlers
from api.health import Readiness
from api.held_keys import HeldKeys
from api.metrics import Counting, Tally
from api.pages.faces import faced
from api.pages.routers import PAGES
from house.passwords import Passwords
from house.wiring import House

DESK = (audit, disclosures, stories, evidence, oversight, policies, tracing)


def make_app(
    house: House, passwords: Passwords | None = None, *, beat_seconds: float = BEAT_SECONDS
) -> FastAPI:
    """Return the application that serves an installation, opened for the caller `api`.

    `passwords` says how dear a guess is (the house's own strength without), `beat_seconds` at
    what multiples of time a failed sign-in is answered.
    """

    @asynccontextmanager
    async def living(_app: FastAPI) -> AsyncIterator[None]:
        yield
        house.close()

    app = FastAPI(
        title="Sealed Book",
        summary="Secure report delivery: nothing is shown that wasn't permitted and recorded.",
        version="1",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=living,
        exception_handlers=faced(handlers(lambda: house.policy, beat_seconds)),
        # The framework's own telemetry records exceptions' messages; ours are the logs.
        telemetry={
            "tracing": False,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
        },
    )
    app.state.house = house
    app.state.passwords = passwords or Passwords()
    app.state.readiness = Readiness(house)
    app.state.held_keys = HeldKeys()
    app.state.watching = Watching()
    app.state.tally = Tally(house)
    app.add_middleware(Door)
    # Around the door, so that what the door itself answers is counted too.
    app.add_middleware(Counting, tally=app.state.tally)
    for room in (
        health,
        heads,
        sessions,
        joining,
        approvals,
        accounts,
        exports,
        links,
        consumers,
        delegations,
        system_keys,
        metrics,
        *DESK,
    ):
        app.include_router(room.router)
    for page_group in PAGES:
        app.include_router(page_group)
    return app
