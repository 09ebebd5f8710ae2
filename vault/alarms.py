"""Alarms: what should not happen, how often it did, and when. `status` names them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from runtime.clock import rfc3339
from vault.errors import Code
from vault.store import Store


class Alarms:
    """The alarms in the store. `sound` runs inside a change of its caller."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def sound(self, kind: Code, now: datetime) -> None:
        """Count one more of a kind; `now` is the machine's time."""
        at = rfc3339(now)
        self._store.connection.execute(
            "INSERT INTO alarms VALUES (?, ?, ?, 1) ON CONFLICT (kind) DO UPDATE"
            " SET last_at = excluded.last_at, times = times + 1",
            (kind.value, at, at),
        )

    def listed(self) -> list[dict[str, Any]]:
        """Return every alarm as `status` shows it."""
        rows = self._store.connection.execute(
            "SELECT kind, first_at, last_at, times FROM alarms ORDER BY kind"
        )
        return [
            {"kind": kind, "first_at": first_at, "last_at": last_at, "times": times}
            for kind, first_at, last_at, times in rows
        ]
