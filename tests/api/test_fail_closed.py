"""What the house stands on is really broken, and nothing is released until it is mended.

Each test breaks the real thing: a full file system, a database file that can't be written, a killed
server, a vault that is stopped or killed, a lock that somebody holds, a clock that is off.
"""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import event

from house.founding import Charter, found_installation
from runtime.reserve import NAME
from runtime.skew import ClockWatch
from tests.api.callers import ASKED, Caller, Desk, a_desk
from tests.backends import a_broker
from tests.installation import Installation, a_published_installation
from tests.postgres import postgres_programs, run_postgres, start_postgres

AGENT = "0B65625"
RESERVE = 1024 * 1024
DISK_BYTES = 48 * 1024 * 1024


@contextmanager
def a_house(folder: Path) -> Iterator[Installation]:
    """An installation with data and an agent, and its queue."""
    with a_published_installation(folder) as home:
        home.enrol(AGENT)
        with a_broker(home.settings):
            yield home


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Installation]:
    """An installation in a folder of the test."""
    with a_house(tmp_path) as home:
        yield home


@contextmanager
def at_the_door(home: Installation) -> Iterator[tuple[Desk, Caller]]:
    """The application, opened now, and an agent who has a session."""
    with a_desk(home) as desk:
        yield desk, desk.with_session(AGENT)


def ask(caller: Caller) -> Any:
    """Ask for an export."""
    return caller.post("/v1/exports", ASKED)


def assert_open(home: Installation) -> None:
    """Access is given, and the house says that it is ready."""
    with at_the_door(home) as (desk, caller):
        assert (202, 200) == (ask(caller).status_code, desk.client.get("/readyz").status_code)


@contextmanager
def mounted(*arguments: str, on: Path) -> Iterator[None]:
    """Mount something, or skip the test where that isn't allowed."""
    made = subprocess.run(["mount", *arguments, str(on)], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("mounting needs root")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(on)], check=True)


def fill(folder: Path) -> Path:
    """Fill a file system to its last byte; return the file that does it."""
    path = folder / "filler"
    with path.open("wb", buffering=0) as file:
        size = 1024 * 1024
        while size:
            try:
                file.write(bytes(size))
            except OSError:
                size //= 2
    return path


@pytest.mark.embedded
def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reserve is given up: ends are recorded, nothing is released; with room again all goes on."""
    monkeypatch.setenv("SEALEDBOOK_RESERVE_BYTES", str(RESERVE))
    small = tmp_path / "small"
    small.mkdir()
    with mounted("-t", "tmpfs", "-o", f"size={DISK_BYTES}", "none", on=small), a_house(small) as home:
        assert_open(home)
        reserve = home.data / NAME
        assert RESERVE == reserve.stat().st_size
        with at_the_door(home) as (desk, caller):
            filler = fill(small)
            refused, ready = ask(caller), desk.client.get("/readyz")
            size = desk.house.reader.head().size

            ended = caller.delete("/v1/sessions/current")

            assert (503, 503, ["disk"]) == (refused.status_code, ready.status_code, ready.json()["reasons"])
            assert not reserve.exists()
            assert (204, size + 1) == (ended.status_code, desk.house.reader.head().size)
        filler.unlink()
        assert_open(home)
        assert RESERVE == reserve.stat().st_size


@pytest.mark.embedded
def test_a_disk_without_any_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing is in reserve and nothing can be written, nothing happens."""
    monkeypatch.setenv("SEALEDBOOK_RESERVE_BYTES", "0")
    small = tmp_path / "small"
    small.mkdir()
    with mounted("-t", "tmpfs", "-o", f"size={DISK_BYTES}", "none", on=small), a_house(small) as home:
        with at_the_door(home) as (desk, caller):
            size = desk.house.reader.head().size
            filler = fill(small)
            answers = [ask(caller) for _ in range(40)]
            recorded = desk.house.reader.head().size - size
        assert 503 == answers[-1].status_code
        assert recorded == sum(answer.status_code < 500 for answer in answers)
        filler.unlink()
        with at_the_door(home) as (_desk, caller):
            assert ask(caller).status_code in {202, 429}


@pytest.mark.embedded
def test_a_database_that_cant_be_written(home: Installation) -> None:
    """A file that turned read-only takes no entry, so nothing is released."""
    file = home.data / "house.db"
    with at_the_door(home) as (desk, caller):
        with mounted("--bind", str(file), on=file):
            subprocess.run(["mount", "-o", "remount,bind,ro", str(file)], check=True)
            for house in (desk.house, home.api, home.operator):
                house.engine.dispose()
            refused, ready = ask(caller), desk.client.get("/readyz")
            desk.house.engine.dispose()
        assert (503, ["ledger"]) == (refused.status_code, ready.json()["reasons"])
    assert_open(home)


def test_a_lock_that_somebody_holds(home: Installation) -> None:
    """A backup or VACUUM that holds the database is waited for so long, and then it is 503."""
    with at_the_door(home) as (desk, caller):
        engine = desk.house.engine
        engine.dispose()
        sqlite = engine.dialect.name == "sqlite"
        impatient = "PRAGMA busy_timeout=100" if sqlite else "SET lock_timeout = '100ms'"
        event.listen(engine, "connect", lambda line, _record: (line.execute(impatient), line.commit()))
        held: Any
        if sqlite:
            held = sqlite3.connect(home.data / "house.db", isolation_level=None)
            held.execute("BEGIN IMMEDIATE")
        else:
            held = psycopg.connect(engine.url.set(drivername="postgresql").render_as_string(False))
            held.execute("LOCK TABLE ledger_head IN ACCESS EXCLUSIVE MODE")
        with closing(held):
            refused, ready = ask(caller), desk.client.get("/readyz")
        assert 503 == refused.status_code
        assert "ledger" in ready.json()["reasons"]
    assert_open(home)


def test_a_stopped_vault(home: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """A vault that hears and doesn't answer opens nothing, and nobody waits for ever."""
    monkeypatch.setattr("vault.lines.ANSWER_SECONDS", 0.5)  # the patience of a minute, shortened
    assert home.vault is not None
    with at_the_door(home) as (desk, caller):
        home.vault.send_signal(signal.SIGSTOP)
        shown, ready = caller.post("/v1/consumers/search", {}), desk.client.get("/readyz")
        home.vault.send_signal(signal.SIGCONT)

        assert (503, ["vault"]) == (shown.status_code, ready.json()["reasons"])
        assert "consumers" not in shown.json()
        assert 200 == caller.post("/v1/consumers/search", {}).status_code


def test_a_killed_vault(home: Installation) -> None:
    """Without the vault nothing is opened; when it is started again, everything is."""
    assert home.vault is not None
    with at_the_door(home) as (desk, caller):
        home.vault.kill()
        home.vault.wait()
        shown, ready = caller.post("/v1/consumers/search", {}), desk.client.get("/readyz")
        assert (503, ["vault"]) == (shown.status_code, ready.json()["reasons"])

        home.settings.vault_socket.unlink()
        home.start_vault()
        assert 200 == caller.post("/v1/consumers/search", {}).status_code


@pytest.mark.parametrize("seconds", [-3.0, 3.0])
def test_a_clock_that_is_off(home: Installation, seconds: float) -> None:
    """Three seconds away from the other clock, nothing is released (rule R22); put right, it is."""
    shift = 0.0
    with at_the_door(home) as (desk, caller):
        watch = ClockWatch(wall=lambda: time.time() + shift)
        desk.house.__dict__["clock_watch"] = watch
        shift = seconds
        refused, ready = ask(caller), desk.client.get("/readyz")
        assert (503, ["clock"]) == (refused.status_code, ready.json()["reasons"])
    with at_the_door(home) as (desk, caller):
        desk.house.__dict__["clock_watch"] = watch
        shift = 0.0
        assert 202 == ask(caller).status_code


@pytest.mark.servers
def test_a_killed_database_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When PostgreSQL is killed nothing is released; when it is back, nothing that was recorded is gone."""
    if postgres_programs() is None:
        pytest.skip("this machine lacks PostgreSQL (postgresql)")
    server = start_postgres(Path(tempfile.mkdtemp(prefix="sealedbook-killed-")))
    try:
        server.administer("CREATE DATABASE house TEMPLATE template0")
        monkeypatch.setenv("SEALEDBOOK_DATABASE_URL", server.url("house"))
        found_installation(tmp_path / "house", Charter(mode="demo", exchange="Test Exchange"))
        home = Installation(tmp_path / "house")
        with closing(home), at_the_door_of_nobody(home) as desk:
            size = desk.house.reader.head().size
            server.process.send_signal(signal.SIGQUIT)
            server.process.wait()
            gone = desk.client.get("/readyz").json()["reasons"]
            refused = desk.caller().post("/v1/sessions", {"username": "a", "password": "b", "totp": "000000"})

            server = run_postgres(server.folder)
            time.sleep(1.1)  # readiness is asked once a second
            back = desk.client.get("/readyz").json()["reasons"]

            assert {"database", "ledger"} <= set(gone)
            assert 503 == refused.status_code
            assert not {"database", "ledger"} & set(back)
            assert size == desk.house.reader.head().size
    finally:
        server.stop()


@contextmanager
def at_the_door_of_nobody(home: Installation) -> Iterator[Desk]:
    """The application over an installation with its vault, where nobody is enrolled."""
    home.start_vault()
    with a_desk(home) as desk:
        yield desk
