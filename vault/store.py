"""The vault's own store: one SQLite file, never in the database or its backups.

Laws:
1. A change is one transaction, synced (WAL, synchronous FULL); then the change counter, in
   its second file, is synced; only then may anything be answered. A counter that lags by one
   tells of a crash between the two and is healed at start; any other difference, or a counter
   that is missing although the store has changes, tells of a restored copy.
2. What is destroyed is overwritten: `secure_delete`, and the write-ahead log is truncated
   before the counter is written.
3. A name that ever held a secret stays taken for good, also after destruction.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from vault.home import STORE_NAME, Counter, CounterFile, HomeError, HomeLock, sync_folder

_SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE callers (kind TEXT PRIMARY KEY, credential_sha256 BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE secrets (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, secret BLOB
);
CREATE INDEX secrets_of_owner ON secrets (owner);
CREATE TABLE bars (owner TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE spent (
  leaf BLOB PRIMARY KEY, expires TEXT NOT NULL, position INTEGER NOT NULL, entry BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX spent_by_expiry ON spent (expires);
CREATE TABLE records (
  id INTEGER PRIMARY KEY, leaf BLOB NOT NULL, object TEXT NOT NULL, record TEXT NOT NULL,
  UNIQUE (leaf, object)
);
CREATE INDEX records_of_object ON records (object);
CREATE TABLE steps (person TEXT PRIMARY KEY, step INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE wrong_tries (id INTEGER PRIMARY KEY, person TEXT NOT NULL, at TEXT NOT NULL);
CREATE INDEX wrong_tries_of_person ON wrong_tries (person);
CREATE TABLE alarms (
  kind TEXT PRIMARY KEY, first_at TEXT NOT NULL, last_at TEXT NOT NULL, times INTEGER NOT NULL
) WITHOUT ROWID;
"""
_PRAGMAS = (
    "PRAGMA secure_delete=ON",
    "PRAGMA locking_mode=EXCLUSIVE",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA temp_store=MEMORY",
)


class StoreBrokenError(Exception):
    """The store could not record; nothing may be answered."""


class Store:
    """One open store. Its caller lets one thread in at a time."""

    def __init__(self, home: Path, counter: Counter | None = None) -> None:
        """Hold the folder, open the store, compare it with the counter."""
        self._lock = HomeLock(home)
        try:
            self.connection = _open(home / STORE_NAME)
            self._counter = counter or CounterFile(home)
            self._shredded = False
            self._truncate()
            self._settled, self.is_behind = self._compare()
        except BaseException:
            self._lock.release()
            raise

    def _compare(self) -> tuple[int, bool]:
        changes, counted = self.changes(), self._counter.read()
        if counted == changes - 1:
            # We died between commit and counter: nothing of that change was answered.
            self._counter.write(changes)
            counted = changes
        return changes, counted != changes

    @contextlib.contextmanager
    def change(self) -> Iterator[None]:
        """Hold one transaction; on a clean exit it is committed, synced and counted.

        A block that changed nothing leaves no trace. A failure to record raises
        StoreBrokenError, and every later change first settles what was left.
        """
        if self.is_behind:
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
            self.put_fact("changes", str(self.changes() + 1).encode())
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
        self._settled = changes
        self._shredded = False

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

    def put_fact(self, name: str, value: bytes) -> None:
        """Write one fact, replacing what it was."""
        self.connection.execute(
            "INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, value),
        )

    def will_shred(self) -> None:
        """Say that this change destroys something, so that its commit truncates the log."""
        self._shredded = True

    def close(self) -> None:
        """Let the folder go."""
        self.connection.close()
        self._lock.release()


def _open(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise HomeError("there is no vault in this folder; `sealedbook init` makes one")
    connection = _connect(path)
    if connection.execute("PRAGMA user_version").fetchone()[0] != _SCHEMA_VERSION:
        connection.close()
        raise HomeError("this vault's store was written by another version")
    return connection


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0)
    for pragma in _PRAGMAS:
        connection.execute(pragma).fetchall()
    return connection


def create_store(home: Path, facts: dict[str, bytes], credentials_sha256: dict[str, bytes]) -> None:
    """Write a fresh store and its counter into a folder that holds none (else HomeError)."""
    lock = HomeLock(home)
    try:
        path = home / STORE_NAME
        if path.exists():
            raise HomeError("there is a vault in this folder already")
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        connection = _connect(path)
        try:
            connection.executescript(f"BEGIN;{_SCHEMA}PRAGMA user_version={_SCHEMA_VERSION};COMMIT;")
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO facts VALUES (?, ?)", [*facts.items(), ("changes", b"1")])
            connection.executemany("INSERT INTO callers VALUES (?, ?)", list(credentials_sha256.items()))
            connection.execute("COMMIT")
        finally:
            connection.close()
        CounterFile(home).write(1)
        sync_folder(home)
    finally:
        lock.release()
