"""Checks of what guards the keys: files and their modes, and the vault itself."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from audit.key_history import read_history
from house.doctor.findings import Finding, failed, warned, well
from house.founding import VKEY_FILE, kept_vkey
from house.wiring import House
from vault.answers import VaultStatus
from vault.errors import VaultError
from vault.table import CallerKind

_OTHERS = 0o077
_FILES = "files"
_VAULT = "vault"


def check_files(house: House) -> Finding:
    """Check that credentials and keys are there, and for their owner alone."""
    settings = house.settings
    # Where each credential is a volume of its own, the others' aren't ours to see.
    apart = (settings.credentials / CallerKind.OPERATOR.value).is_dir()
    kinds = [CallerKind.OPERATOR] if apart else list(CallerKind)
    own = [settings.credential_path(kind.value) for kind in kinds]
    own.append(settings.record_key_path(CallerKind.OPERATOR.value))
    places = [settings.data, *own]
    if settings.vault_home.exists() and os.access(settings.vault_home, os.R_OK):
        places.append(settings.vault_home)
    for path in [*own, settings.data / VKEY_FILE]:
        if not path.is_file():
            return failed(_FILES, f"{path} is missing", "put it back from a backup of this folder")
    loose = [path for path in places if _is_open_to_others(path)]
    if loose:
        return failed(_FILES, f"others may open {_listed(loose)}", f"chmod go-rwx {_listed(loose)}")
    held = "the operator's credential" if apart else f"{len(kinds)} credentials"
    return well(_FILES, f"{held}, the key of people's records and the ledger's key, for their owner alone")


def check_vault(house: House) -> Finding:
    """Check that the vault answers, isn't locked, raised no alarm, and knows this ledger."""
    try:
        status = house.vault.status()
    except VaultError:
        return failed(_VAULT, "doesn't answer", "start the house: sealedbook serve")
    if status.locked:
        return failed(
            _VAULT, "locked: it is a restored copy and opens nothing", "find out who restored it, and when"
        )
    kept = kept_vkey(house.settings)
    if kept != status.vkey.strip():
        if kept in {key.text() for key in read_history(status.history).keys}:
            return failed(
                _VAULT, "signs with a key that follows the folder's", "finish it: sealedbook vault settle"
            )
        return failed(
            _VAULT,
            "signs with another key than the installation was founded with",
            "stop the house: vault and folder don't belong together",
        )
    return _have_it_sign(house)


def _have_it_sign(house: House) -> Finding:
    """Show the vault the ledger: it signs only what extends what it saw last."""
    try:
        house.vault.sign()
        status = house.vault.status()
    except VaultError as error:
        return failed(
            _VAULT, str(error), "stop the house, keep everything as it is, compare it with the backups"
        )
    if status.alarms:
        return warned(
            _VAULT, f"alarms: {_alarms(status)}", "find out who showed the vault another ledger, and why"
        )
    where = f"its wrapping key is with the provider `{status.provider}`"
    if house.settings.mode == "live" and not status.has_shares:
        return warned(
            _VAULT,
            f"{where}, and nobody holds shares to bring it back",
            "hold one: sealedbook vault ceremony",
        )
    return well(
        _VAULT, f"unlocked, no alarm; {where}; the ledger extends what it saw; {status.size} entries signed"
    )


def _alarms(status: VaultStatus) -> str:
    return ", ".join(
        f"{alarm.kind} ({alarm.times} times, last at {alarm.last_at})" for alarm in status.alarms
    )


def _is_open_to_others(path: Path) -> bool:
    return bool(stat.S_IMODE(path.stat().st_mode) & _OTHERS)


def _listed(paths: list[Path]) -> str:
    return " ".join(str(path) for path in paths)
