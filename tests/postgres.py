"""A private PostgreSQL server: in a folder of its own, reached by its socket alone, gone when stopped.

The tests and the benches start it; nothing of it is seen by another server on the machine.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

START_SECONDS = 20.0
OWNER = "postgres"


@dataclass
class PrivatePostgres:
    """A server that runs in a folder until it is stopped."""

    folder: Path
    process: subprocess.Popen[bytes]

    def url(self, database: str, *, user: str = OWNER) -> str:
        """Return a database's URL, as one of its roles has it."""
        return f"postgresql+psycopg://{user}@/{database}?host={self.folder}"

    def administer(self, statement: str, *, database: str = "postgres") -> None:
        """Run one statement as the server's owner."""
        with psycopg.connect(host=str(self.folder), user=OWNER, dbname=database, autocommit=True) as line:
            line.execute(statement.encode())

    def answers(self) -> bool:
        """Tell whether the server takes connections."""
        try:
            self.administer("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """Stop the server at once, and remove the folder."""
        # PostgreSQL's fast end: it waits for nobody.
        self.process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=20)
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def start_postgres(folder: Path, options: Sequence[str] = ()) -> PrivatePostgres:
    """Make a cluster in an empty folder and start it there; `options` are settings, NAME=VALUE."""
    programs = postgres_programs()
    if programs is None:
        raise RuntimeError("this machine lacks PostgreSQL (postgresql)")
    if os.getuid() == 0:
        shutil.chown(folder, OWNER, OWNER)
    made_as = ["--username", OWNER, "--auth=trust", "--locale=C", "--encoding=UTF8", "--no-sync"]
    subprocess.run(
        [*_as_owner(), str(programs / "initdb"), "--pgdata", str(folder / "data"), *made_as],
        check=True,
        capture_output=True,
        cwd=folder,
    )
    return run_postgres(folder, options)


def run_postgres(folder: Path, options: Sequence[str] = ()) -> PrivatePostgres:
    """Start the server of a cluster that `start_postgres` made, and wait until it answers."""
    programs = postgres_programs()
    assert programs is not None
    # Its shared memory lies in the folder too, so that nothing is left even where it is killed.
    settings = ["listen_addresses=", f"unix_socket_directories={folder}", "dynamic_shared_memory_type=mmap"]
    flags = [part for setting in (*settings, "log_min_messages=fatal", *options) for part in ("-c", setting)]
    guarded = [*_as_owner(), "--pdeathsig=QUIT"] if os.getuid() == 0 else []
    with (folder / "postgres.log").open("ab") as log:
        process = subprocess.Popen(
            [*guarded, str(programs / "postgres"), "-D", str(folder / "data"), *flags],
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
        )
    server = PrivatePostgres(folder, process)
    deadline = time.monotonic() + START_SECONDS
    while not server.answers():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError((folder / "postgres.log").read_text())
        time.sleep(0.05)
    return server


def postgres_programs() -> Path | None:
    """Return the folder of PostgreSQL's programs, None where the machine lacks them."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if versions:
        return versions[-1]
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _as_owner() -> list[str]:
    """Return what runs a program as PostgreSQL's own user, who alone may start it where we are root."""
    if os.getuid() != 0:
        return []
    owner = pwd.getpwnam(OWNER)
    return ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]
