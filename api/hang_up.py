"""Knowing that the caller hung up while an answer is still being sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import Receive


@asynccontextmanager
async def listening(receive: Receive) -> AsyncIterator[asyncio.Event]:
    """Give an event that is set when the caller is gone; listens for as long as the block takes."""
    gone = asyncio.Event()

    async def listen() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        gone.set()

    listener = asyncio.create_task(listen())
    try:
        yield gone
    finally:
        listener.cancel()
