"""A user of its own for the vault of an embedded installation that root starts.

With SEALEDBOOK_VAULT_USER the vault's process gives up root's rights for that user's, and its home
is that user's alone (0700). The home and the sockets lie where that user can go: not in the data
folder, which is nobody else's. In the sockets' folder each may remove what is their own (sticky).
"""

from __future__ import annotations

import os
from pathlib import Path

from runtime.processes import UserError, find_group, find_user
from runtime.settings import Settings


def give_home(settings: Settings) -> None:
    """Give the vault's home to its user, where there is one; UserError says what is in the way."""
    if not settings.vault_user:
        return
    if os.geteuid() != 0:
        raise UserError("SEALEDBOOK_VAULT_USER is for root; else run the vault as a service of its own")
    if settings.vault_folder is None or settings.sockets_folder is None:
        raise UserError(
            "with SEALEDBOOK_VAULT_USER set SEALEDBOOK_VAULT_FOLDER and SEALEDBOOK_SOCKETS_FOLDER to folders "
            "that this user can reach"
        )
    uid, gid = find_user(settings.vault_user)
    for folder in (settings.vault_folder, settings.sockets_folder):
        closed = [place for place in folder.resolve().parents if not place.stat().st_mode & 0o001]
        if closed:
            raise UserError(f"the vault's user can't go through {closed[0]}: choose other folders")
    for place in (settings.vault_folder, *settings.vault_folder.rglob("*")):
        os.chown(place, uid, gid, follow_symlinks=False)
    settings.vault_folder.chmod(0o700)
    _open_sockets(settings.sockets_folder, settings, gid)


def _open_sockets(folder: Path, settings: Settings, gid: int) -> None:
    group = find_group(settings.vault_socket_group) if settings.vault_socket_group else gid
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chown(folder, 0, group)
    folder.chmod(0o1770)
