"""A book on its way out: bytes in chunks, and at the end how many really went.

Laws
1. The first byte goes after `release.started` is committed; whoever makes this answer did that.
2. However it ends (all sent, caller gone, caller too slow, server stopping), `ended` is called
   once with the number of bytes that were handed to the network.
3. The answer is complete only when its end is recorded: it is sent in chunks without a length,
   and the chunk that closes it follows the entry. So whoever has the whole and looks again finds
   it counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from fastapi import Response
from starlette.types import Receive, Scope, Send

from api.hang_up import listening

CHUNK_BYTES = 16 * 1024
CHUNK_SECONDS = 60.0
"""A caller who takes longer for one chunk is gone."""


class Release(Response):
    """Sends bytes and tells how many went."""

    def __init__(
        self, data: memoryview, *, status: int, headers: Mapping[str, str], ended: Callable[[int], None]
    ) -> None:
        super().__init__(status_code=status, headers=headers)
        del self.headers["content-length"]
        self._data = data
        self._ended = ended

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Send; an end without the last byte closes the connection."""
        sent, is_told = 0, False
        start = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        try:
            async with listening(receive) as gone:
                await send(start)
                while sent < len(self._data) and not gone.is_set():
                    chunk = self._data[sent : sent + CHUNK_BYTES]
                    async with asyncio.timeout(CHUNK_SECONDS):
                        await send({"type": "http.response.body", "body": bytes(chunk), "more_body": True})
                    sent += len(chunk)
                    # Let the listener hear a hang-up before the next chunk.
                    await asyncio.sleep(0)
                if sent == len(self._data):
                    is_told = True
                    await self._tell(sent)
                    await send({"type": "http.response.body", "body": b"", "more_body": False})
        except (TimeoutError, OSError):
            return
        finally:
            if not is_told:
                await self._tell(sent)

    async def _tell(self, sent: int) -> None:
        """Have the end recorded, even where the server's stop cancels this."""
        await asyncio.shield(asyncio.to_thread(self._ended, sent))
