"""Spent permits: each opens once, wherever in the ledger a copy of it stands.

Laws: a permit is known by its leaf hash. A mark is dropped 35 days after its permit lapsed
(RULES.md's backup window, for which the entry's bytes are kept too); from then on nothing
that lapses at the latest expiry dropped, or earlier, opens again, whatever the clock says.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from runtime.clock import rfc3339
from vault.errors import Code, RefusalError
from vault.permits import Permit
from vault.store import Store

KEPT_AFTER_EXPIRY = timedelta(days=35)


class Marks:
    """The marks in the store. Every method runs inside a change of its caller."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def is_spent(self, permit: Permit) -> bool:
        """Tell whether a permit's leaf was opened before; below the floor raise `expired`."""
        # The form has a fixed width, so that text compares as time does.
        if rfc3339(permit.expires) <= self.floor():
            raise RefusalError(Code.EXPIRED)
        found = self._store.connection.execute("SELECT 1 FROM spent WHERE leaf = ?", (permit.leaf,))
        return found.fetchone() is not None

    def check_void(self, permit: Permit) -> None:
        """Raise `void` for a permit that was recorded before the last recovery or restore.

        Its place would not be enough: a copy of it may stand further on.
        """
        size = self._store.optional_fact("void_size")
        until = self._store.optional_fact("void_until")
        if size is None or until is None:
            return
        if permit.index < int(size) or permit.entry.at <= until.decode():
            raise RefusalError(Code.VOID)

    def void(self, size: int, until: str) -> None:
        """Void every permit below a size of the ledger, or recorded at a moment or earlier."""
        self._store.put_fact("void_size", str(size).encode())
        self._store.put_fact("void_until", until.encode())

    def leaves(self) -> set[bytes]:
        """Return the leaves of all permits that are marked."""
        return {leaf for (leaf,) in self._store.connection.execute("SELECT leaf FROM spent")}

    def entries_of(self, leaves: set[bytes]) -> list[tuple[int, bytes]]:
        """Return place and bytes of marked permits, by place."""
        rows = self._store.connection.execute("SELECT leaf, position, entry FROM spent ORDER BY position")
        return [(position, entry) for leaf, position, entry in rows if leaf in leaves]

    def spend(self, permit: Permit) -> None:
        """Mark a permit; its bytes are kept for whoever has to list what was opened."""
        self._store.connection.execute(
            "INSERT INTO spent VALUES (?, ?, ?, ?)",
            (permit.leaf, rfc3339(permit.expires), permit.index, permit.encoded),
        )

    def floor(self) -> str:
        """Return the latest expiry dropped (RFC 3339), or nothing."""
        return self._store.fact("floor").decode()

    def drop_old(self, now: datetime) -> None:
        """Drop the marks of permits that lapsed long ago and raise the floor to the latest."""
        execute = self._store.connection.execute
        limit = rfc3339(now - KEPT_AFTER_EXPIRY)
        latest = execute("SELECT max(expires) FROM spent WHERE expires < ?", (limit,)).fetchone()[0]
        if latest is None:
            return
        execute("DELETE FROM spent WHERE expires <= ?", (latest,))
        if latest > self.floor():
            self._store.put_fact("floor", latest.encode())
