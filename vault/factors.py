"""Second factors in the store: enrol, verify, count.

Law: every try is recorded before it is answered, so that neither a used step nor a wrong try
is forgotten in a crash. An unknown person is answered like a wrong code.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from runtime.clock import parse_rfc3339, rfc3339
from vault.errors import Code, RefusalError
from vault.holdings import Holdings, factor_name
from vault.store import Store
from vault.totp import WRONG_TRIES_SECONDS, is_locked, matching_step, new_secret, write_secret


class Factors:
    """Factors in the store. Every method runs inside a change of its caller."""

    def __init__(self, store: Store, holdings: Holdings) -> None:
        self._store = store
        self._holdings = holdings

    def enrol(self, person: str) -> str:
        """Make a person's secret (the one before is shredded) and return it as base32."""
        secret = new_secret()
        self._holdings.renew(factor_name(person), secret)
        self._store.connection.execute("DELETE FROM steps WHERE person = ?", (person,))
        return write_secret(secret)

    def verify(self, person: str, code: str, now: datetime) -> bool:
        """Tell whether a code is right and new; `now` is the machine's time.

        Raises `factor_locked` after five wrong tries within 15 minutes.
        """
        execute = self._store.connection.execute
        try:
            secret = self._holdings.open(factor_name(person))
        except RefusalError:
            return False
        if is_locked(self._wrong_tries(person), now):
            raise RefusalError(Code.FACTOR_LOCKED)
        last = execute("SELECT step FROM steps WHERE person = ?", (person,)).fetchone()
        step = matching_step(secret, code, now, last[0] if last else -1)
        if step is None:
            # Tries that no longer count are dropped here, so that the table stays small.
            oldest = rfc3339(now - timedelta(seconds=WRONG_TRIES_SECONDS))
            execute("DELETE FROM wrong_tries WHERE person = ? AND at < ?", (person, oldest))
            execute("INSERT INTO wrong_tries (person, at) VALUES (?, ?)", (person, rfc3339(now)))
            return False
        execute(
            "INSERT INTO steps VALUES (?, ?) ON CONFLICT (person) DO UPDATE SET step = excluded.step",
            (person, step),
        )
        return True

    def release(self, person: str) -> None:
        """Forget a person's wrong tries; used codes stay used."""
        self._store.connection.execute("DELETE FROM wrong_tries WHERE person = ?", (person,))

    def _wrong_tries(self, person: str) -> list[datetime]:
        rows = self._store.connection.execute("SELECT at FROM wrong_tries WHERE person = ?", (person,))
        return [parse_rfc3339(at) for (at,) in rows]
