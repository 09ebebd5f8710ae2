"""SoftHSM tokens for tests of the provider `pkcs11`, in a folder of this run's own.

A process loads a PKCS#11 module once and finds the tokens that are there by then: so a few are
made ahead, and each test takes one that nobody had.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from vault.providers import provider_from
from vault.wrapping import KeyProvider

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "87654321"
_LABELS = tuple(f"token-{number}" for number in range(8))


@dataclass(frozen=True)
class Token:
    """A token, as the environment of a vault names it."""

    environment: dict[str, str]
    folder: Path

    def provider(self) -> KeyProvider:
        """Open the token in this process."""
        return provider_from(self.environment, self.folder)

    def raw(self) -> bytes:
        """Return all bytes that the tokens keep on disk."""
        return b"".join(path.read_bytes() for path in self.folder.rglob("*") if path.is_file())


def make_tokens(folder: Path) -> Iterator[Token]:
    """Yield tokens that nobody had; where SoftHSM is missing the test is skipped."""
    tool = shutil.which("softhsm2-util")
    if tool is None or not MODULE.exists():
        pytest.skip("SoftHSM (Debian: softhsm2) is needed for tests of PKCS#11")
    tokens, configuration, pin_file = folder / "tokens", folder / "softhsm2.conf", folder / "pin"
    tokens.mkdir()
    configuration.write_text(
        f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    pin_file.write_text(f"{PIN}\n")
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    for label in _LABELS:
        subprocess.run(
            [tool, "--init-token", "--free", "--label", label, "--so-pin", "12345678", "--pin", PIN],
            check=True,
            capture_output=True,
        )
    for label in _LABELS:
        yield Token(
            {
                "SEALEDBOOK_VAULT_PROVIDER": "pkcs11",
                "SEALEDBOOK_VAULT_PKCS11_MODULE": str(MODULE),
                "SEALEDBOOK_VAULT_PKCS11_TOKEN": label,
                "SEALEDBOOK_VAULT_PKCS11_PIN_FILE": str(pin_file),
            },
            tokens,
        )
