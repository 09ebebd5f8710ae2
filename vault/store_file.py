"""The store's file: its tables, how it is opened, how a fresh one is written."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from runtime.files import sync_folder
from vault.home import STORE_NAME, CounterFile, HomeError, HomeLock
from vault.providers import provider_from
from vault.wrapping import KeyProvider, Wrapping, new_key_id

SECRET_FACTS = frozenset({"signing_key"})
SCHEMA_VERSION = 2
CLEAR_VERSION = 1  # secrets as they are, as the first vaults had them
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
# What came after the first vaults; made in theirs when they are opened.
_ADDED = """
CREATE TABLE IF NOT EXISTS opened (
  who TEXT NOT NULL, minute INTEGER NOT NULL, times INTEGER NOT NULL, PRIMARY KEY (who, minute)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS shut (
  name TEXT PRIMARY KEY, object TEXT NOT NULL
) WITHOUT ROWID;
"""
_PRAGMAS = (
    "PRAGMA secure_delete=ON",
    "PRAGMA locking_mode=EXCLUSIVE",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA temp_store=MEMORY",
)


def open_file(path: Path) -> sqlite3.Connection:
    """Open a store that this version can read (else HomeError), with the pragmas of `Store`'s laws."""
    if not path.is_file():
        raise HomeError("there is no vault in this folder; `sealedbook init` makes one")
    connection = _connect(path)
    if version_of(connection) not in {CLEAR_VERSION, SCHEMA_VERSION}:
        connection.close()
        raise HomeError("this vault's store was written by another version")
    connection.executescript(_ADDED)
    return connection


def version_of(connection: sqlite3.Connection) -> int:
    """Return the version that wrote a store."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0)
    for pragma in _PRAGMAS:
        connection.execute(pragma).fetchall()
    return connection


def create_store(
    home: Path,
    facts: dict[str, bytes],
    credentials_sha256: dict[str, bytes],
    provider: KeyProvider | None = None,
) -> None:
    """Write a fresh store, its wrapping key and its counter into a folder that holds none (else HomeError).

    Of the facts those in `SECRET_FACTS` are wrapped.
    """
    lock = HomeLock(home)
    try:
        path = home / STORE_NAME
        if path.exists():
            raise HomeError("there is a vault in this folder already")
        provider, key_id = provider or provider_from({}, home), new_key_id()
        provider.make(key_id)
        wrapping = Wrapping(provider.key(key_id))
        written = {
            name: wrapping.wrap(f"fact {name}", value) if name in SECRET_FACTS else value
            for name, value in facts.items()
        } | {"wrapping_key": key_id.encode(), "changes": b"1"}
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        connection = _connect(path)
        try:
            connection.executescript(f"BEGIN;{_SCHEMA}PRAGMA user_version={SCHEMA_VERSION};COMMIT;")
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO facts VALUES (?, ?)", list(written.items()))
            connection.executemany("INSERT INTO callers VALUES (?, ?)", list(credentials_sha256.items()))
            connection.execute("COMMIT")
        finally:
            connection.close()
        CounterFile(home).write(1)
        sync_folder(home)
    finally:
        lock.release()
