"""Somebody at the other end of an answer who hangs up after so many messages."""

from __future__ import annotations

import asyncio

from fastapi import Response
from starlette.types import Message


def send_out(
    answer: Response, messages: int, *, breaks_at: int | None = None, sent: list[Message] | None = None
) -> list[Message]:
    """Let an answer be sent; hang up after so many messages, or break the line at one."""
    sent = [] if sent is None else sent
    enough = asyncio.Event()

    async def receive() -> Message:
        await enough.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if len(sent) == breaks_at:
            raise OSError("the line broke")
        sent.append(message)
        if len(sent) >= messages:
            enough.set()
            # The listener hears it before the next message is made.
            await asyncio.sleep(0.001)

    async def run() -> None:
        await answer({"type": "http"}, receive, send)

    asyncio.run(run())
    return sent
