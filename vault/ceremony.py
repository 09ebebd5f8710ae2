"""The founding of a vault, once, by `sealedbook init`.

Law: what is returned is shown here and never again. The store keeps only the SHA-256 of
credentials; of the signing key the founder learns the public half.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.checkpoint import SigningKey
from audit.tree import EMPTY_ROOT
from vault.store_file import create_store
from vault.table import CallerKind
from vault.wrapping import KeyProvider

_CREDENTIAL_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class Founding:
    """What the founder hands out: each kind of caller's credential (64 hex), the log's vkey."""

    credentials: dict[CallerKind, str] = field(repr=False)
    vkey: str


def create_vault(
    home: Path, origin: str, *, demo: bool = False, provider: KeyProvider | None = None
) -> Founding:
    """Make a vault in a folder that holds none (else HomeError); the folder is made if missing.

    `origin` is the log's name, without spaces or plus signs (else NoteError). A demo vault
    lets the operator enrol second factors, for good. Without a provider the wrapping key is a file
    in the folder.
    """
    private = Ed25519PrivateKey.generate()
    vkey = SigningKey(origin, private).verifier.text()
    credentials = {kind: secrets.token_hex(_CREDENTIAL_BYTES) for kind in CallerKind}
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    home.chmod(0o700)
    facts = {
        "origin": origin.encode(),
        "demo": b"1" if demo else b"0",
        "signing_key": private.private_bytes_raw(),
        "head_size": b"0",
        "head_root": EMPTY_ROOT,
        "floor": b"",
        "locked": b"0",
    }
    hashed = {kind.value: hashlib.sha256(text.encode()).digest() for kind, text in credentials.items()}
    create_store(home, facts, hashed, provider)
    return Founding(credentials=credentials, vkey=vkey)
