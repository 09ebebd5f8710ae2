"""Make an installation out of an empty folder: keys, credentials, ledger, and its first entry.

Laws
1. `installation.toml` is written last; without it nothing uses the folder. So whatever an
   earlier, interrupted founding left has never held anything, and is made anew.
2. The mark `founding.unfinished` comes first and goes last. A folder that has parts of an
   installation, no `installation.toml` and no mark is not ours to repair: it is refused.
   The same holds for folders that the settings name elsewhere.
3. A database server's database has to be without a ledger: nobody can empty one.
4. Mode and clock offset are fixed for good, here and in the ledger's first entry.
5. The founding people's codes are told before the installation counts as made, and never again.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy import inspect, select
from sqlalchemy.exc import SQLAlchemyError

from audit.entry import Actor, Draft, Resource
from audit.events import Event, Outcome
from audit.ledger import Ledger
from audit.tables import ledger_head
from house.founders import invite_founders
from house.invitations import Invited
from house.policies import FOLDER as POLICIES
from house.policies import keep_set
from identity.people import Newcomer
from runtime.database import DatabaseUnfitError, open_database, reading, writing
from runtime.files import new_file, sync_folder, write_whole
from runtime.reserve import Reserve
from runtime.roles import bring_up
from runtime.settings import INSTALLATION_FILE, Settings, load_settings, write_installation
from store.records import KEY_BYTES, Records
from vault.birth import ask_founding
from vault.ceremony import Founding, create_vault
from vault.errors import Code, VaultError
from vault.providers import provider_from
from vault.table import CallerKind
from vault.wrapping import ProviderError

OPERATOR = Actor(kind="operator", id="console", role="operator")
CONSOLE = "local:console"
MARK = "founding.unfinished"
_MARK_TEXT = b"an installation was begun here and not finished; `sealedbook init` begins it anew\n"
VKEY_FILE = "vkey"
_FILES = (VKEY_FILE, "house.db", "house.db-wal", "house.db-shm")


class FoundingError(Exception):
    """No installation can be made in this folder; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Charter:
    """What is fixed for good. `clock_offset` in seconds, other than 0 in demo mode only."""

    mode: Literal["demo", "live"]
    exchange: str
    clock_offset: int = 0
    founders: tuple[Newcomer, ...] = ()


def found_installation(
    data: Path, charter: Charter, tell: Callable[[list[Invited]], None] = lambda _invited: None
) -> Settings:
    """Make an installation in a folder that holds none; return its settings.

    `tell` is told of the founding people's invitations, with their codes.
    Raises FoundingError, before anything is changed, where the folder is somebody's already.
    """
    if charter.clock_offset and charter.mode != "demo":
        raise FoundingError("a clock offset is for demo mode only")
    name = secrets.token_hex(8)
    origin = f"sealedbook.{charter.mode}.example/{name}"
    settings = Settings(
        data=data.resolve(),
        mode=charter.mode,
        clock_offset=charter.clock_offset,
        origin=origin,
        exchange=charter.exchange,
    )
    _check_database(settings)
    _take_folder(data, settings)
    founding = _found_vault(settings)
    settings.credentials.mkdir(mode=0o700, exist_ok=True)
    record_key = secrets.token_bytes(KEY_BYTES)
    for kind in CallerKind:
        write_whole(settings.credential_path(kind.value), f"{founding.credentials[kind]}\n")
        write_whole(settings.record_key_path(kind.value), f"{record_key.hex()}\n")
    write_whole(data / VKEY_FILE, f"{founding.vkey}\n")
    if charter.mode == "live":
        # The set that the founding people will be asked to approve; a later program brings another one.
        keep_set(data)
    tell(_write_first_entries(settings, name, charter, Records(record_key)))
    # Dying before this line leaves a marked folder, which the next founding begins anew.
    write_installation(
        data, mode=charter.mode, clock_offset=charter.clock_offset, origin=origin, exchange=charter.exchange
    )
    # Dying here leaves a whole installation with a mark that means nothing any more.
    (data / MARK).unlink()
    made = load_settings(data, Settings)
    if made.has_own_database:
        Reserve(data, made.reserve_bytes).settle()
    return made


def kept_vkey(settings: Settings) -> str:
    """Return the key that the installation's checkpoints are verified with, as its folder has it; OSError."""
    return (settings.data / VKEY_FILE).read_text(encoding="ascii").strip()


def _found_vault(settings: Settings) -> Founding:
    """Make the vault in its folder; one that is a service of its own makes itself."""
    demo = settings.mode == "demo"
    try:
        if settings.vault_external:
            return ask_founding(settings.vault_socket, settings.origin, demo=demo)
        provider = provider_from(os.environ, settings.vault_home)
        return create_vault(settings.vault_home, settings.origin, demo=demo, provider=provider)
    except ProviderError as error:
        raise FoundingError(str(error)) from None
    except VaultError as error:
        if error.code is Code.BAD_REQUEST:
            raise FoundingError("the vault was founded before: stop it and empty its folder") from None
        raise FoundingError(str(error)) from None


def _check_database(settings: Settings) -> None:
    """Refuse a server's database that has a ledger; one of our own is made anew with the folder."""
    if settings.has_own_database:
        return
    engine = open_database(settings.database)
    try:
        with reading(engine) as connection:
            if not inspect(connection).has_table(ledger_head.name):
                return
            if connection.execute(select(ledger_head.c.size)).scalar():
                raise FoundingError(
                    "the database holds a ledger already: name an empty one, or drop it and create it again"
                )
    except DatabaseUnfitError as error:
        raise FoundingError(str(error)) from None
    except SQLAlchemyError as error:
        raise FoundingError(f"the database can't be used ({type(error).__name__})") from None
    finally:
        engine.dispose()


def _take_folder(data: Path, settings: Settings) -> None:
    """Make the folder ours alone and empty of an unfinished founding's remains."""
    if (data / INSTALLATION_FILE).exists():
        raise FoundingError(f"{data} holds an installation already; choose another folder with --data")
    if data.exists() and not data.is_dir():
        raise FoundingError(f"{data} is not a folder")
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (data / MARK).exists():
        found = sorted(part.name for part in _parts(data, settings) if _holds_something(part))
        if found:
            raise FoundingError(
                f"{data} holds parts of an installation ({', '.join(found)}) but no {INSTALLATION_FILE}: "
                "put that file back from a backup, or choose another folder with --data"
            )
        volumes = {place for part in _parts(data, settings) for place in (part, part.parent)}
        if any(path not in volumes for path in data.iterdir()):
            raise FoundingError(f"{data} isn't empty; choose an empty or a new folder with --data")
        # Under its own name at once: what a crash leaves of the mark is a mark.
        with new_file(data / MARK) as file:
            file.write(_MARK_TEXT)
    data.chmod(0o700)
    sync_folder(data)
    for part in _parts(data, settings):
        _clear(part)


def _parts(data: Path, settings: Settings) -> list[Path]:
    kinds = [kind.value for kind in CallerKind]
    credentials = [
        path(kind) for path in (settings.credential_path, settings.record_key_path) for kind in kinds
    ]
    # One that is a service of its own is not ours to look into, nor to empty.
    vault = [] if settings.vault_external else [settings.vault_home]
    folders = [*vault, *credentials, settings.objects_root, data / POLICIES]
    return [*folders, *(data / name for name in _FILES)]


def _holds_something(path: Path) -> bool:
    # An empty folder is a volume's place.
    return any(path.iterdir()) if path.is_dir() else path.exists()


def _clear(path: Path) -> None:
    """Empty a folder, which may be a volume, or remove a file."""
    if not path.is_dir():
        path.unlink(missing_ok=True)
        return
    for inside in path.iterdir():
        if inside.is_dir():
            shutil.rmtree(inside)
        else:
            inside.unlink()


def _write_first_entries(settings: Settings, name: str, charter: Charter, records: Records) -> list[Invited]:
    bring_up(settings.database, settings.database_owner)
    engine = open_database(settings.database)
    try:
        if settings.has_own_database:
            (settings.data / "house.db").chmod(0o600)
        first = Draft(
            event=Event.INSTALLATION_STARTED,
            outcome=Outcome.DONE,
            actor=OPERATOR,
            client=CONSOLE,
            action="StartInstallation",
            resource=Resource(kind="installation", id=name),
            mode=settings.mode,
            clock_offset=settings.clock_offset,
        )
        with writing(engine) as connection:
            clock = settings.clock()
            invited, drafts = invite_founders(
                connection, charter.founders, clock.now(), OPERATOR, CONSOLE, records
            )
            Ledger(clock).append(connection, [first, *drafts])
        return invited
    finally:
        engine.dispose()
