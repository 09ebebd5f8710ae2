"""The vault's own store: one SQLite file, never in the database or its backups.

Laws:
1. A change is one transaction, synced (WAL, synchronous FULL); then the change counter, in
   its second file, is synced; only then may anything be answered. A counter that lags by one
   tells of a crash between the two and is healed at start; any other difference, or a counter
   that is missing although the store has changes, tells of a restored copy.
2. What is destroyed is overwritten: `secure_delete`, and the write-ahead log is truncated
   before the counter is written.
3. A name that ever held a secret stays taken for good, also after destruction.
4. Secrets lie here wrapped under the provider's key that the fact `wrapping_key` names, each bound
   to its name. A key that was in force is destroyed when the change that ended it is counted, else
   at the next start. Other keys of the provider are another's, and are left alone.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from vault.home import STORE_NAME, Counter, CounterFile, HomeError, HomeLock
from vault.providers import provider_from
from vault.store_file import CLEAR_VERSION, SCHEMA_VERSION, SECRET_FACTS, open_file, version_of
from vault.wrapping import KeyProvider, ProviderError, Wrapping, new_key_id

_JUMP = 1_000_000


class StoreBrokenError(Exception):
    """The store could not record; nothing may be answered."""


class Store:
    """One open store. Its caller lets one thread in at a time."""

    def __init__(
        self, home: Path, counter: Counter | None = None, provider: KeyProvider | None = None
    ) -> None:
        """Hold the folder, open the store, compare it with the counter, find the wrapping key.

        Without a provider the key is a file in the home. Raises HomeError or ProviderError.
        """
        self.provider = provider or provider_from({}, home)
        self._counter = counter or CounterFile(home)
        self._shredded = self._rewrapped = False
        self._wrappings: dict[str, Wrapping] = {}
        with contextlib.ExitStack() as stack:
            self._lock = HomeLock(home)
            stack.callback(self._lock.release)
            self.connection = open_file(home / STORE_NAME)
            stack.callback(self.connection.close)
            self._truncate()
            self._settled, self.is_behind = self._compare()
            if version_of(self.connection) == CLEAR_VERSION:
                self._wrap_all()
            self._wrapping()
            if not self.is_behind:
                self._drop_former_key()
            stack.pop_all()

    def _compare(self) -> tuple[int, bool]:
        changes, counted = self.changes(), self._counter.read()
        if counted == changes - 1:
            # We died between commit and counter: nothing of that change was answered.
            self._counter.write(changes)
            counted = changes
        return changes, counted != changes

    @contextlib.contextmanager
    def change(self, *, rejoining: bool = False) -> Iterator[None]:
        """Hold one transaction; on a clean exit it is committed, synced and counted.

        A block that changed nothing leaves no trace. A failure to record raises
        StoreBrokenError, and every later change first settles what was left. `rejoining` is the
        one change that a restored copy may make: the counter jumps, and fits no other copy.
        """
        if self.is_behind and not rejoining:
            # One change more would carry the counter back to this copy and hide what it is.
            raise StoreBrokenError
        try:
            self._settle()
            self.connection.execute("BEGIN IMMEDIATE")
        except (sqlite3.Error, OSError):
            raise StoreBrokenError from None
        before = self.connection.total_changes
        try:
            yield
            if self.connection.total_changes == before:
                self.connection.execute("ROLLBACK")
                return
            self.put_fact("changes", str(self._next(rejoining=rejoining)).encode())
            self.connection.execute("COMMIT")
        except BaseException as error:
            with contextlib.suppress(sqlite3.Error):
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error | OSError):
                raise StoreBrokenError from None
            raise
        try:
            self._settle()
        except (sqlite3.Error, OSError):
            raise StoreBrokenError from None
        self.is_behind = False

    def _next(self, *, rejoining: bool) -> int:
        if not rejoining:
            return self.changes() + 1
        return (max(self.changes(), self._counter.read() or 0) // _JUMP + 1) * _JUMP

    @contextlib.contextmanager
    def part(self) -> Iterator[None]:
        """Hold a part of the change that is undone alone when it raises."""
        self.connection.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK TO part")
            self.connection.execute("RELEASE part")
            raise
        self.connection.execute("RELEASE part")

    def _settle(self) -> None:
        changes = self.changes()
        if changes == self._settled:
            return
        if self._shredded:
            self._truncate()
        # Dying here leaves the counter one behind: the next start heals it.
        self._counter.write(changes)
        if self._rewrapped:
            try:
                self._drop_former_key()
            except ProviderError:
                raise StoreBrokenError from None
        self._settled = changes
        self._shredded = self._rewrapped = False

    def _truncate(self) -> None:
        busy = self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise StoreBrokenError

    def _value(self, statement: str, *arguments: object) -> object:
        row = self.connection.execute(statement, arguments).fetchone()
        return None if row is None else row[0]

    def changes(self) -> int:
        """Return how many changes were committed."""
        return int(self.fact("changes"))

    def fact(self, name: str) -> bytes:
        """Return one fact about the vault; a missing one is a KeyError."""
        value = self._value("SELECT value FROM facts WHERE name = ?", name)
        if not isinstance(value, bytes):
            raise KeyError(name)
        return value

    def optional_fact(self, name: str) -> bytes | None:
        """Return one fact about the vault, or None where it was never written."""
        value = self._value("SELECT value FROM facts WHERE name = ?", name)
        return value if isinstance(value, bytes) else None

    def put_fact(self, name: str, value: bytes) -> None:
        """Write one fact, replacing what it was."""
        self.connection.execute(
            "INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, value),
        )

    @property
    def wrapping_key_id(self) -> str:
        """The id of the wrapping key in force."""
        return self.fact("wrapping_key").decode()

    def wrap(self, name: str, secret: bytes) -> bytes:
        """Return a secret as it is stored under a name; ProviderError without its provider."""
        return self._wrapping().wrap(f"secret {name}", secret)

    def unwrap(self, name: str, wrapped: bytes) -> bytes:
        """Return what is stored under a name; WrapError where it was put there by another hand."""
        return self._wrapping().unwrap(f"secret {name}", wrapped)

    def secret_fact(self, name: str) -> bytes:
        """Return one of `SECRET_FACTS`, unwrapped."""
        return self._wrapping().unwrap(f"fact {name}", self.fact(name))

    def put_secret_fact(self, name: str, value: bytes) -> None:
        """Write one of `SECRET_FACTS`, wrapped; what it was is shredded."""
        self.will_shred()
        self.put_fact(name, self._wrapping().wrap(f"fact {name}", value))

    def rewrap(self, key_id: str) -> None:
        """Wrap everything under another of the provider's keys, within the caller's change.

        The key in force until now is destroyed when that change is committed and counted.
        """
        old, new = self._wrapping(), Wrapping(self.provider.key(key_id))
        self.will_shred()
        self._rewrapped = True
        rows = self.connection.execute("SELECT id, name, secret FROM secrets WHERE secret IS NOT NULL")
        for row, name, wrapped in rows.fetchall():
            bound = f"secret {name}"
            self._put_row(row, new.wrap(bound, old.unwrap(bound, wrapped)))
        for fact in SECRET_FACTS:
            bound = f"fact {fact}"
            self.put_fact(fact, new.wrap(bound, old.unwrap(bound, self.fact(fact))))
        # One is enough: no change is counted, hence none follows, while a former key is still there.
        self.put_fact("former_wrapping_key", self.fact("wrapping_key"))
        self.put_fact("wrapping_key", key_id.encode())

    def _put_row(self, row: int, wrapped: bytes) -> None:
        self.connection.execute("UPDATE secrets SET secret = ? WHERE id = ?", (wrapped, row))

    def _wrapping(self) -> Wrapping:
        # Looked up by the fact each time, so that a change undone undoes the key in force too.
        key_id = self.wrapping_key_id
        if key_id not in self._wrappings:
            self._wrappings[key_id] = Wrapping(self.provider.key(key_id))
        return self._wrappings[key_id]

    def _drop_former_key(self) -> None:
        former = self.optional_fact("former_wrapping_key")
        if former is not None:
            self.provider.destroy(former.decode())
            self._wrappings.pop(former.decode(), None)

    def _wrap_all(self) -> None:
        """Bring a store with clear secrets to this version, in one change."""
        if self.is_behind:
            raise HomeError("this vault's store is a restored copy that another version wrote")
        key_id = new_key_id()
        self.provider.make(key_id)
        wrapping = Wrapping(self.provider.key(key_id))
        with self.change():
            self.will_shred()
            self.put_fact("wrapping_key", key_id.encode())
            rows = self.connection.execute("SELECT id, name, secret FROM secrets WHERE secret IS NOT NULL")
            for row, name, clear in rows.fetchall():
                self._put_row(row, wrapping.wrap(f"secret {name}", clear))
            for fact in SECRET_FACTS:
                self.put_fact(fact, wrapping.wrap(f"fact {fact}", self.fact(fact)))
            self.connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")

    def will_shred(self) -> None:
        """Say that this change destroys something, so that its commit truncates the log."""
        self._shredded = True

    def close(self) -> None:
        """Let the folder go."""
        self.connection.close()
        self._lock.release()
