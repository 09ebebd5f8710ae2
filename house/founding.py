"""Make an installation out of an empty folder: keys, credentials, ledger, and its first entry.

Laws
1. `installation.toml` is written last; without it nothing uses the folder. So whatever an
   earlier, interrupted founding left has never held anything, and is made anew.
2. The mark `founding.unfinished` comes first and goes last. A folder that has parts of an
   installation, no `installation.toml` and no mark is not ours to repair: it is refused.
3. Mode and clock offset are fixed for good, here and in the ledger's first entry.
"""

from __future__ import annotations

import os
import secrets
import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

from audit.entry import Actor, Draft, Resource
from audit.events import Event, Outcome
from audit.ledger import Ledger
from runtime.clock import HouseClock
from runtime.database import migrate, open_database, writing
from runtime.settings import INSTALLATION_FILE, Settings, load_settings, write_installation
from vault.ceremony import create_vault
from vault.table import CallerKind

OPERATOR = Actor(kind="operator", id="console", role="operator")
CONSOLE = "local:console"
MARK = "founding.unfinished"
VKEY_FILE = "vkey"
_PARTS = ("vault", "credentials", "objects", VKEY_FILE, "house.db", "house.db-wal", "house.db-shm")


class FoundingError(Exception):
    """No installation can be made in this folder; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Charter:
    """What is fixed for good. `clock_offset` in seconds, other than 0 in demo mode only."""

    mode: Literal["demo", "live"]
    exchange: str
    clock_offset: int = 0


def found_installation(data: Path, charter: Charter) -> Settings:
    """Make an installation in a folder that holds none; return its settings.

    Raises FoundingError, before anything is changed, where the folder is somebody's already.
    """
    if charter.clock_offset and charter.mode != "demo":
        raise FoundingError("a clock offset is for demo mode only")
    _take_folder(data)
    name = secrets.token_hex(8)
    origin = f"sealedbook.{charter.mode}.example/{name}"
    founding = create_vault(data / "vault", origin, demo=charter.mode == "demo")
    (data / "credentials").mkdir(mode=0o700)
    for kind in CallerKind:
        _write(data / "credentials" / kind.value, founding.credentials[kind])
    _write(data / VKEY_FILE, founding.vkey)
    _write_first_entry(data, charter, name)
    # Dying before this line leaves a marked folder, which the next founding begins anew.
    write_installation(
        data, mode=charter.mode, clock_offset=charter.clock_offset, origin=origin, exchange=charter.exchange
    )
    _sync(data)
    # Dying here leaves a whole installation with a mark that means nothing any more.
    (data / MARK).unlink()
    return load_settings(data, Settings)


def _take_folder(data: Path) -> None:
    """Make the folder ours alone and empty of an unfinished founding's remains."""
    if (data / INSTALLATION_FILE).exists():
        raise FoundingError(f"{data} holds an installation already; choose another folder with --data")
    if data.exists() and not data.is_dir():
        raise FoundingError(f"{data} is not a folder")
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (data / MARK).exists():
        found = sorted(part for part in _PARTS if (data / part).exists())
        if found:
            raise FoundingError(
                f"{data} holds parts of an installation ({', '.join(found)}) but no {INSTALLATION_FILE}: "
                "put that file back from a backup, or choose another folder with --data"
            )
        if any(data.iterdir()):
            raise FoundingError(f"{data} isn't empty; choose an empty or a new folder with --data")
    data.chmod(0o700)
    _write(data / MARK, "an installation was begun here and not finished; `sealedbook init` begins it anew")
    _sync(data)
    for part in _PARTS:
        path = data / part
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _write_first_entry(data: Path, charter: Charter, name: str) -> None:
    # The URL as Settings will have it, once installation.toml exists.
    engine = open_database(f"sqlite:///{data.resolve() / 'house.db'}")
    try:
        migrate(engine)
        (data / "house.db").chmod(0o600)
        first = Draft(
            event=Event.INSTALLATION_STARTED,
            outcome=Outcome.DONE,
            actor=OPERATOR,
            client=CONSOLE,
            action="StartInstallation",
            resource=Resource(kind="installation", id=name),
            mode=charter.mode,
            clock_offset=charter.clock_offset,
        )
        with writing(engine) as connection:
            Ledger(HouseClock(timedelta(seconds=charter.clock_offset))).append(connection, [first])
    finally:
        engine.dispose()


def _write(path: Path, text: str) -> None:
    """Write a file for its owner alone, synced; an older one is replaced."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{text}\n")
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
