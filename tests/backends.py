"""The database and the broker that the tests work on: embedded, or a server each.

    pytest --backends=embedded     SQLite and Valkey (the default)
    pytest --backends=servers      Debian's PostgreSQL and Redis, started for this run

The servers are private: sockets and data lie in a folder of this run, they end with it, and
each database is a fresh copy of a migrated one.
"""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from redis.exceptions import RedisError
from sqlalchemy import Engine, event, make_url, text
from sqlalchemy.pool import Pool

from runtime.broker import broker_client, start_valkey
from runtime.database import migrate, open_database, writing
from runtime.settings import INSTALLATION_FILE, Settings

VARIABLE = "SEALEDBOOK_BACKENDS"
KINDS = ("embedded", "servers")
_START_SECONDS = 20.0
_ROOM_BYTES = 2 * 1024**3
_OWNER = "postgres"
_TEMPLATE = "house_template"


def on_servers() -> bool:
    """Tell whether this run works on PostgreSQL and Redis."""
    return os.environ.get(VARIABLE) == "servers"


def missing_servers() -> str:
    """Return what of the servers this machine lacks; empty when nothing."""
    lacking = [] if _postgres_programs() else ["PostgreSQL (postgresql)"]
    lacking += [] if shutil.which("redis-server") else ["Redis (redis-server)"]
    return " and ".join(lacking)


@dataclass
class Servers:
    """The servers of this run, started when first needed."""

    folder: Path
    postgres: subprocess.Popen[bytes]
    numbers: Iterator[int] = field(default_factory=count)
    made: list[str] = field(default_factory=list)
    connections: list[psycopg.Connection] = field(default_factory=list)

    def url(self, database: str) -> str:
        """Return a database's URL."""
        return f"postgresql+psycopg://{_OWNER}@/{database}?host={self.folder}"

    def fresh_database(self, template: str = _TEMPLATE) -> str:
        """Return the URL of a new copy of a database, of the migrated one without."""
        name = f"test_{next(self.numbers)}"
        if template != _TEMPLATE:
            # Only a database that nobody is in can be copied.
            others = f"pg_stat_activity WHERE datname = '{template}'"
            self.administer(f"SELECT pg_terminate_backend(pid) FROM {others}")  # noqa: S608 - our own name
        self.administer(f"CREATE DATABASE {name} TEMPLATE {template}")
        self.made.append(name)
        return self.url(name)

    def fresh_broker(self) -> str:
        """Return the URL of a unix socket where a Redis may be started."""
        return f"redis+socket://{self.folder}/redis-{next(self.numbers)}.sock"

    def drop_databases(self, since: int) -> None:
        """Drop the databases that were made since there were so many."""
        dropped = self.made[since:]
        for connection in [each for each in self.connections if each.closed or each.info.dbname in dropped]:
            connection.close()
            self.connections.remove(connection)
        for name in dropped:
            self.administer(f"DROP DATABASE {name} WITH (FORCE)")
        del self.made[since:]

    def note(self, connection: Any, _record: Any) -> None:
        """Remember a connection that an engine opened, to close it with its database."""
        if isinstance(connection, psycopg.Connection):
            self.connections.append(connection)

    def administer(self, statement: str) -> None:
        """Run one statement as the server's owner."""
        with psycopg.connect(host=str(self.folder), user=_OWNER, dbname="postgres", autocommit=True) as line:
            line.execute(statement.encode())

    def stop(self) -> None:
        """Stop the database's server at once, and remove the folder."""
        # PostgreSQL's fast end: it waits for nobody.
        self.postgres.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            self.postgres.wait(timeout=20)
        self.postgres.kill()
        self.postgres.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


@cache
def servers() -> Servers:
    """Return this run's servers; a machine that lacks one skips the test, with the reason."""
    if lacking := missing_servers():
        pytest.skip(f"this machine lacks {lacking}")
    programs = _postgres_programs()
    assert programs is not None
    folder = Path(tempfile.mkdtemp(prefix="sealedbook-servers-", dir=_quick_folder()))
    is_root = os.getuid() == 0
    if is_root:
        shutil.chown(folder, _OWNER, _OWNER)
    data = folder / "data"
    made_as = ["--username", _OWNER, "--auth=trust", "--locale=C", "--encoding=UTF8", "--no-sync"]
    subprocess.run(
        [*_as_owner(), str(programs / "initdb"), "--pgdata", str(data), *made_as],
        check=True,
        capture_output=True,
        cwd=folder,
    )
    options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}"]
    options += ["-c", "max_connections=200", "-c", "log_min_messages=fatal"]
    options += ["-c", "max_wal_size=256MB", "-c", "wal_level=minimal", "-c", "max_wal_senders=0"]
    # Its shared memory lies in the folder too, so that nothing is left even where it is killed.
    options += ["-c", "dynamic_shared_memory_type=mmap"]
    with (folder / "postgres.log").open("wb") as log:
        process = subprocess.Popen(
            [*_as_owner(), "--pdeathsig=QUIT", str(programs / "postgres"), "-D", str(data), *options]
            if is_root
            else [str(programs / "postgres"), "-D", str(data), *options],
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
        )
    made = Servers(folder, process)
    atexit.register(made.stop)
    event.listen(Pool, "connect", made.note)
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            made.administer(f"CREATE DATABASE {_TEMPLATE} TEMPLATE template0")
            break
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((folder / "postgres.log").read_text()) from None
            time.sleep(0.05)
    engine = open_database(made.url(_TEMPLATE))
    migrate(engine)
    engine.dispose()
    return made


@contextmanager
def databases_of_a_test() -> Iterator[None]:
    """Drop what the block made, if this run works on servers."""
    since = len(servers().made) if on_servers() and servers.cache_info().currsize else 0
    yield
    if servers.cache_info().currsize:
        servers().drop_databases(since)


def a_database_url(folder: Path) -> str:
    """Return the URL of a fresh database: a file in the folder, or a server's."""
    return servers().fresh_database() if on_servers() else f"sqlite:///{folder / 'house.db'}"


def copy_database(engine: Engine, folder: Path) -> str:
    """Return the URL of a copy of a database as it stands, as a backup has it."""
    engine.dispose()
    name = engine.url.database or ""
    if engine.dialect.name == "sqlite":
        copy = folder / f"copy-{time.monotonic_ns()}.db"
        with closing(sqlite3.connect(name)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        return f"sqlite:///{copy}"
    return servers().fresh_database(name)


def put_back(engine: Engine, copy: str) -> None:
    """Put a copy in a database's place, as who restores a backup does."""
    engine.dispose()
    name, copied = engine.url.database or "", make_url(copy).database or ""
    if engine.dialect.name == "sqlite":
        for suffix in ("-wal", "-shm"):
            Path(name + suffix).unlink(missing_ok=True)
        shutil.copy(copied, name)
        return
    servers().administer(f"DROP DATABASE {name} WITH (FORCE)")
    servers().administer(f"CREATE DATABASE {name} TEMPLATE {copied}")


def refuse_entries(engine: Engine) -> None:
    """Let the database refuse every new entry, as it does when the disk is full."""
    how = {
        "sqlite": "BEGIN SELECT RAISE(ABORT, 'full'); END",
        "postgresql": "FOR EACH ROW EXECUTE FUNCTION ledger_refuse('full')",
    }[engine.dialect.name]
    with writing(engine) as connection:
        connection.execute(text(f"CREATE TRIGGER full_disk BEFORE INSERT ON ledger_entries {how}"))


def take_entries(engine: Engine) -> None:
    """Let the database take entries again."""
    where = " ON ledger_entries" if engine.dialect.name == "postgresql" else ""
    with writing(engine) as connection:
        connection.execute(text(f"DROP TRIGGER full_disk{where}"))


def settle_servers(data: Path, database: str, broker: str) -> None:
    """Name an installation's servers in its own file, as the environment would."""
    with (data / INSTALLATION_FILE).open("a") as file:
        file.write(f'database_url = "{database}"\nbroker_url = "{broker}"\n')


@contextmanager
def a_broker(settings: Settings) -> Iterator[None]:
    """Run the installation's broker for the block: Valkey, or a Redis where its settings say."""
    if settings.has_own_broker:
        server = start_valkey(settings.data / "broker", settings.broker_socket)
        try:
            yield
        finally:
            server.stop()
        return
    folder = settings.data / "redis"
    folder.mkdir()
    path = settings.broker.removeprefix("redis+socket://")
    command = ["redis-server", "--port", "0", "--unixsocket", path, "--dir", str(folder), "--save", ""]
    command += ["--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"]
    process = subprocess.Popen([*command, "--logfile", str(folder / "redis.log")])
    try:
        assert broker_answers(settings.broker)
        yield
    finally:
        process.terminate()
        process.wait(timeout=10)


def broker_answers(broker: str, *, patience: float = _START_SECONDS) -> bool:
    """Tell whether a broker answers, waiting for one that is starting."""
    deadline = time.monotonic() + patience
    while True:
        try:
            with broker_client(broker) as client:
                client.ping()
        except (RedisError, OSError):
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.02)
        else:
            return True


def _quick_folder() -> Path | None:
    """Return a folder in memory, where databases are made in a third of the time; None where it is small."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder that nobody foresees is made inside
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > _ROOM_BYTES else None


def _as_owner() -> list[str]:
    """Return what runs a program as PostgreSQL's own user, who alone may start it where we are root."""
    if os.getuid() != 0:
        return []
    owner = pwd.getpwnam(_OWNER)
    return ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]


def _postgres_programs() -> Path | None:
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if versions:
        return versions[-1]
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None
