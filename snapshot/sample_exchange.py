"""An exchange's key for trials: it signs samples' manifests, as the exchange's own signs real ones.

Format of `exchange.key`: one line, the key's name, a space, its 32 private bytes as base64; for its
owner alone. `exchange.vkey` is the verifier key (c2sp.org/signed-note), to be pinned.
"""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.note import NoteError, SigningKey
from runtime.files import create_whole, write_whole

KEY_NAME: Final = "sample.exchange.example/extracts"
KEY_FILE, VKEY_FILE = "exchange.key", "exchange.vkey"


class ExchangeKeyError(Exception):
    """The file is no exchange's key, or there is one already; the message says what to do."""


def make_exchange_key(folder: Path) -> tuple[Path, Path]:
    """Make a fresh key in a folder; return the files of its private and its public half."""
    folder.mkdir(parents=True, exist_ok=True)
    private, public = folder / KEY_FILE, folder / VKEY_FILE
    key = SigningKey(KEY_NAME, Ed25519PrivateKey.generate())
    encoded = base64.b64encode(key.private.private_bytes_raw()).decode()
    try:
        create_whole(private, f"{key.name} {encoded}\n")
    except FileExistsError:
        raise ExchangeKeyError(f"{private} is there already; choose another folder") from None
    write_whole(public, f"{key.verifier.text()}\n")
    return private, public


def read_exchange_key(path: Path) -> SigningKey:
    """Read a key that `make_exchange_key` wrote; OSError without a file, ExchangeKeyError for another."""
    try:
        name, encoded = path.read_text(encoding="ascii").removesuffix("\n").split(" ")
        private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(encoded, validate=True))
        key = SigningKey(name, private)
        key.verifier.text()
    except (ValueError, binascii.Error, NoteError):
        raise ExchangeKeyError(
            f"{path.name} is no exchange's key; make one with: sealedbook sample-key DIR"
        ) from None
    return key
