"""The provider `file`: wrapping keys as files, for its owner alone (0600), one file a key.

A key's file holds 64 hex digits and a newline. It is written whole: temporary file, fsync,
rename, fsync of the folder. A destroyed one is overwritten with zeros before it is removed; on
disks and file systems that write elsewhere the old blocks may stay, and a token is better.
"""

from __future__ import annotations

import re
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from runtime.files import create_whole, erase_file
from vault.wrapping import WRAPPING_KEY_BYTES, ProviderError, WrapError

_NAME = re.compile(r"wrapping-([0-9a-f]{16})\.key")
_TEXT = re.compile(r"[0-9a-f]{64}\n")


class _FileKey:
    """One key, in this process's memory."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def encrypt(self, nonce: bytes, clear: bytes, associated: bytes) -> bytes:
        """Return ciphertext and tag."""
        return self._cipher.encrypt(nonce, clear, associated)

    def decrypt(self, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
        """Return the clear bytes."""
        try:
            return self._cipher.decrypt(nonce, sealed, associated)
        except InvalidTag:
            raise WrapError("these bytes don't open under this name and key") from None


class FileKeys:
    """Wrapping keys in a folder: the vault's home, or a folder beside it."""

    name = "file"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def make(self, key_id: str) -> None:
        """Make a random key under a new id."""
        self.take(key_id, secrets.token_bytes(WRAPPING_KEY_BYTES))

    def take(self, key_id: str, key: bytes) -> None:
        """Keep a key under a new id, or raise ProviderError where the id has one."""
        path = self._path(key_id)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            create_whole(path, f"{key.hex()}\n")
        except FileExistsError:
            raise ProviderError("there is a wrapping key of this id already") from None
        except OSError as error:
            raise ProviderError(f"the wrapping key can't be written ({type(error).__name__})") from None

    def key(self, key_id: str) -> _FileKey:
        """Return a key; a file that others may read, or that holds no key, is a ProviderError."""
        path = self._path(key_id)
        try:
            if path.stat().st_mode & 0o077:
                raise ProviderError(f"{path} is open to others: chmod 600 it, then rotate the wrapping key")
            text = path.read_bytes().decode("ascii")
        except FileNotFoundError:
            raise ProviderError(
                f"the wrapping key {path.name} isn't in its folder: put it back, or rebuild it from "
                "recovery shares with `sealedbook vault rebuild`"
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            raise ProviderError(f"{path} can't be read ({type(error).__name__})") from None
        if not _TEXT.fullmatch(text):
            raise ProviderError(f"{path} is damaged: put it back, or `sealedbook vault rebuild`")
        return _FileKey(bytes.fromhex(text))

    def ids(self) -> list[str]:
        """Return the ids of all keys in the folder."""
        found = [_NAME.fullmatch(path.name) for path in self._folder.glob("wrapping-*.key")]
        return sorted(match[1] for match in found if match)

    def destroy(self, key_id: str) -> None:
        """Overwrite a key's file and remove it."""
        try:
            erase_file(self._path(key_id))
        except FileNotFoundError:
            return
        except OSError as error:
            raise ProviderError(f"the wrapping key can't be destroyed ({type(error).__name__})") from None

    def _path(self, key_id: str) -> Path:
        return self._folder / f"wrapping-{key_id}.key"
