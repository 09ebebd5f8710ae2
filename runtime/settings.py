"""Settings of one installation: what `init` wrote into the folder, and the environment.

One folder holds one installation. `installation.toml` there holds what is fixed for good
(mode, clock offset, the ledger's origin); variables `SEALEDBOOK_…` add what differs by
machine: other folders, and beyond one machine the database's and the broker's servers, whose
passwords come from files. A process asks for the settings class that it needs and refuses to
start when anything of it is missing, saying what and where to set it.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
import tomllib
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import SettingsConfigDict

from runtime.clock import HouseClock
from runtime.files import create_whole
from runtime.outside import OutsideSettings
from runtime.servers import ServerError, server_url

INSTALLATION_FILE = "installation.toml"
RECORD_KEY_FILE = "records.key"
_SOCKET_BYTES = 100
_PREFIX = "SEALEDBOOK_"


class SettingsError(Exception):
    """The installation can't start as it is configured; the message says what is missing."""


class Settings(OutsideSettings):
    """What every process of an installation needs."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_ignore_empty=True, extra="ignore", frozen=True)

    data: Path
    mode: Literal["demo", "live"]
    clock_offset: int = Field(default=0, description="seconds; other than 0 in demo mode only")
    origin: str = Field(description="the ledger's name on its checkpoints")
    exchange: str = Field(default="Your exchange", description="the exchange's name, for people")

    database_url: str = Field(default="", repr=False, description="the database; else SQLite in the folder")
    database_password_file: Path | None = Field(default=None, description="the database's password")
    database_owner: str = Field(default="", repr=False, description="the database as its owner signs in")
    database_owner_password_file: Path | None = Field(default=None, description="its owner's password")
    broker_url: str = Field(default="", repr=False, description="the broker; else the embedded Valkey")
    broker_password_file: Path | None = Field(default=None, description="the broker's password")
    vault_folder: Path | None = Field(default=None, description="the vault's folder, where not in the data")
    vault_user: str = Field(default="", description="as root: the vault runs as this user, not as root")
    vault_socket_group: str = Field(default="", description="whose members may speak to the vault")
    vault_external: bool = Field(default=False, description="the vault is a service of its own")
    credentials_folder: Path | None = Field(default=None, description="the credentials' folder, likewise")
    objects_folder: Path | None = Field(default=None, description="the objects' folder, likewise")
    sockets_folder: Path | None = Field(default=None, description="the unix sockets' folder, likewise")
    reserve_bytes: int = Field(default=64 * 1024 * 1024, description="disk kept in reserve beside SQLite")
    heartbeat_file: Path | None = Field(default=None, description="touched by worker and beat to show life")

    @model_validator(mode="before")
    @classmethod
    def _find_servers(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Put passwords into the servers' URLs."""
        try:
            database = server_url(values.get("database_url"), values.get("database_password_file"))
            owner = server_url(values.get("database_owner"), values.get("database_owner_password_file"))
            broker = server_url(values.get("broker_url"), values.get("broker_password_file"))
        except ServerError as error:
            raise SettingsError(str(error)) from None
        return values | {"database_url": database, "database_owner": owner, "broker_url": broker}

    @property
    def has_own_database(self) -> bool:
        """Whether the database is a file of the installation's folder."""
        return not self.database_url

    @property
    def database(self) -> str:
        """The database's URL."""
        return self.database_url or f"sqlite:///{self.data / 'house.db'}"

    @property
    def has_own_broker(self) -> bool:
        """Whether the installation runs a broker of its own (the embedded Valkey)."""
        return not self.broker_url

    @property
    def broker(self) -> str:
        """The broker's URL, as Celery takes it."""
        return self.broker_url or f"redis+socket://{self.broker_socket}"

    @property
    def broker_socket(self) -> Path:
        """The embedded Valkey's unix socket."""
        return self._sockets / "broker.sock"

    @property
    def vault_socket(self) -> Path:
        """The vault's unix socket."""
        return self._sockets / "vault.sock"

    @property
    def _sockets(self) -> Path:
        return self.sockets_folder or socket_folder(self.data)

    @property
    def vault_home(self) -> Path:
        """The vault's own folder; nothing but the vault opens it."""
        return self.vault_folder or self.data / "vault"

    @property
    def credentials(self) -> Path:
        """The folder of the credentials by which the vault knows its callers."""
        return self.credentials_folder or self.data / "credentials"

    @property
    def objects_root(self) -> Path:
        """The folder of encrypted objects."""
        return self.objects_folder or self.data / "objects"

    @property
    def key_history(self) -> Path:
        """The file with the ledger's signing keys from the first on; there from the first change on."""
        return self.data / "vkey.history"

    def clock(self) -> HouseClock:
        """Return the installation's clock."""
        return HouseClock(timedelta(seconds=self.clock_offset))

    def credential(self, kind: str) -> str:
        """Return the credential by which a kind of caller is known to the vault."""
        path = self.credential_path(kind)
        try:
            return path.read_text().strip()
        except FileNotFoundError:
            raise SettingsError(f"{path} is missing: the {kind} has no credential for the vault") from None

    def credential_path(self, kind: str) -> Path:
        """Return the file of a credential: `KIND`, or `KIND/credential` where KIND is a volume."""
        path = self.credentials / kind
        return path / "credential" if path.is_dir() else path

    def record_key(self, kind: str) -> bytes:
        """Return the key of people's records, as a kind of caller finds it."""
        path = self.record_key_path(kind)
        try:
            return bytes.fromhex(path.read_text())
        except FileNotFoundError:
            raise SettingsError(f"{path} is missing: people's records can't be compared") from None
        except ValueError:
            raise SettingsError(f"{path} is damaged: put it back from a backup") from None

    def record_key_path(self, kind: str) -> Path:
        """Return the file of that key: one for all, or a copy in KIND where KIND is a volume."""
        path = self.credentials / kind
        return (path if path.is_dir() else self.credentials) / RECORD_KEY_FILE


class BeatSettings(Settings):
    """What the beat needs beyond that."""

    beat_seconds: float = 5.0


class WorkerSettings(Settings):
    """What the worker needs beyond that: a mail server, verified against known authorities."""

    mail_host: str = Field(description="name of the mail server, as its certificate has it")
    mail_port: int = Field(description="its submission port (STARTTLS)")
    mail_sender: str = Field(description="address that books are sent from")
    mail_ca: Path | None = Field(default=None, description="authorities to trust; the system's without")
    portal_url: str = Field(default="http://127.0.0.1:8000", description="where agents sign in")
    lease_seconds: float = 20.0
    sweep_seconds: float = 5.0
    orphan_seconds: float = Field(default=86400.0, description="age at which an unadopted key is destroyed")


AnySettings = TypeVar("AnySettings", bound=Settings)


def load_settings(data: Path, kind: type[AnySettings]) -> AnySettings:
    """Read an installation's settings; SettingsError says everything that is missing."""
    path = data.resolve() / INSTALLATION_FILE
    try:
        fixed: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"there is no installation in {data}: run `sealedbook init` first") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is damaged: {error}") from None
    try:
        settings = kind(**{**fixed, "data": data.resolve()})
    except ValidationError as error:
        raise SettingsError(_explain(error, kind)) from None
    if settings.mode == "live" and settings.clock_offset:
        raise SettingsError("a clock offset is for demo mode only")
    return settings


def write_installation(data: Path, **fixed: str | int) -> None:
    """Write what is fixed for good, whole or not at all; FileExistsError where there is one already."""
    lines = [
        f"{name} = {value if isinstance(value, int) else _quoted(value)}\n" for name, value in fixed.items()
    ]
    create_whole(data / INSTALLATION_FILE, "".join(lines))


def socket_folder(data: Path) -> Path:
    """Return the folder for unix sockets: the installation's, or a short one where that is too long."""
    inside = data.resolve() / "run"
    if len(os.fsencode(inside)) + len("/broker.sock") <= _SOCKET_BYTES:
        folder = inside
    else:
        name = hashlib.sha256(os.fsencode(inside)).hexdigest()[:16]
        folder = Path(tempfile.gettempdir()) / f"sealedbook-{os.getuid()}-{name}"
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700, parents=True)
    # A link is not followed: in a folder that all may write to, it is anybody's.
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise SettingsError(f"{folder} must belong to this user alone (mode 0700)")
    return folder


def _quoted(text: str) -> str:
    if not text.isprintable() or '"' in text or "\\" in text:
        raise SettingsError("an installation's settings hold plain text only")
    return f'"{text}"'


def _explain(error: ValidationError, kind: type[Settings]) -> str:
    lines = ["the settings are incomplete:"]
    for problem in error.errors(include_input=False, include_url=False):
        name = str(problem["loc"][0])
        field = kind.model_fields.get(name)
        meaning = f" ({field.description})" if field is not None and field.description else ""
        lines.append(f"  {_PREFIX}{name.upper()}{meaning}: {problem['msg'].lower()}")
    return "\n".join(lines)
