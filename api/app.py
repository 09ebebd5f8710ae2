"""The application: routers, problems and the door, put around an open installation.

The OpenAPI description is at `/openapi.json`; no page of ours loads anybody else's scripts,
so there is no documentation page.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from api import consumers, exports, health, sessions
from api.door import Door
from api.handlers import BEAT_SECONDS, handlers
from api.health import Readiness
from api.passwords import Passwords
from house.wiring import House


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
        exception_handlers=handlers(house.policy, beat_seconds),
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
    app.add_middleware(Door)
    for room in (health, sessions, exports, consumers):
        app.include_router(room.router)
    return app
