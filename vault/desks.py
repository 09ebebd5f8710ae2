"""Desks: where an import has its ids turned into pseudonyms, as many at a time as it has in hand.

Laws
1. An ImportSnapshot permit opens a desk, named by 256 random bits that go to its caller alone,
   until the permit expires. What is asked there is part of what that permit opened.
2. A desk stands in memory and keeps the year of its start, so that all of one import's pseudonyms
   are of one year. The vault's end is the desk's end: the import fails and is begun anew.
3. Deriving changes nothing and waits for no turn; no other caller waits for it.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from vault.errors import Code, RefusalError
from vault.framing import encode_bytes
from vault.pseudonyms import PseudonymKind, derive_pseudonyms

MOST_OPEN = 64
_NAME_BYTES = 32


@dataclass(frozen=True)
class _Desk:
    name: str = field(repr=False)
    year_key: bytes = field(repr=False)
    expires: datetime


class Desks:
    """The open desks of one vault process."""

    def __init__(self) -> None:
        self._open: list[_Desk] = []

    def open(self, year_key: bytes, expires: datetime, now: datetime) -> str:
        """Open a desk and return its name; the oldest gives way where there are too many."""
        alive = [desk for desk in self._open if desk.expires > now]
        desk = _Desk(secrets.token_hex(_NAME_BYTES), year_key, expires)
        self._open = [*alive[1 - MOST_OPEN :], desk]
        return desk.name

    def derive(
        self, name: str, kind: str, ids: tuple[str, ...], now: datetime
    ) -> Callable[[], Mapping[str, Any]]:
        """Return what derives the pseudonyms of ids; a RefusalError for no desk or no kind."""
        shown = name.encode()
        desk = next((one for one in self._open if hmac.compare_digest(one.name.encode(), shown)), None)
        if desk is None or desk.expires <= now:
            raise RefusalError(Code.MISFIT, "desk")
        try:
            known = PseudonymKind(kind)
        except ValueError:
            raise RefusalError(Code.MISFIT, "kind") from None
        return lambda: {"pseudonyms": encode_bytes(derive_pseudonyms(desk.year_key, known, ids))}
