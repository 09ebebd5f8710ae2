"""Keys of books that are being downloaded, in memory for as long as their permit lives.

A download in ranges is many calls under one permit. Laws: a key is found again by the session
that asked and for the export that it opens, never after its permit's end, and never from disk.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from policies.grant import Grant

MOST_KEYS = 1000
"""When so many are held, the one that ends first goes; its person asks for a new permit."""


@dataclass(frozen=True, kw_only=True)
class HeldKey:
    """A book's key with the permit that gave it; `recipient` as the permit names it."""

    grant: Grant
    recipient: str | None
    key: bytes = field(repr=False)


class HeldKeys:
    """Thread-safe; one an application."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[tuple[str, str], HeldKey] = {}

    def find(self, session: str, export: str, now: datetime) -> HeldKey | None:
        """Return the key that a session holds for an export, unless its permit ended."""
        with self._lock:
            held = self._held.get((session, export))
        return held if held is not None and now < held.grant.expires_at else None

    def keep(self, session: str, held: HeldKey, now: datetime) -> None:
        """Hold a key; those whose permit ended are dropped."""
        with self._lock:
            living = {place: one for place, one in self._held.items() if now < one.grant.expires_at}
            if len(living) >= MOST_KEYS:
                del living[min(living, key=lambda place: living[place].grant.expires_at)]
            self._held = living | {(session, held.grant.resource.id): held}

    def drop(self, export: str) -> None:
        """Hold no key of an export any longer."""
        with self._lock:
            self._held = {place: one for place, one in self._held.items() if place[1] != export}


def held_keys_of(request: Request) -> HeldKeys:
    """Return the keys that this application holds."""
    keys: HeldKeys = request.app.state.held_keys
    return keys


HeldKeysHere = Annotated[HeldKeys, Depends(held_keys_of)]
