"""Which provider holds the wrapping key, by the environment of whoever opens the vault.

| variable | means |
|---|---|
| SEALEDBOOK_VAULT_PROVIDER | `file` (also without it) or `pkcs11` |
| SEALEDBOOK_VAULT_KEY_FOLDER | `file`: the key's folder; the vault's home without it |
| SEALEDBOOK_VAULT_PKCS11_MODULE | `pkcs11`: the module's path |
| SEALEDBOOK_VAULT_PKCS11_TOKEN | its token's label |
| SEALEDBOOK_VAULT_PKCS11_PIN_FILE | a file with its user's PIN; or SEALEDBOOK_VAULT_PKCS11_PIN |
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from vault.file_keys import FileKeys
from vault.wrapping import KeyProvider, ProviderError

_PREFIX = "SEALEDBOOK_VAULT_"


def provider_from(environment: Mapping[str, str], home: Path) -> KeyProvider:
    """Return the provider that the environment names, for a vault's home; else raise ProviderError."""
    name = environment.get(f"{_PREFIX}PROVIDER") or FileKeys.name
    if name == FileKeys.name:
        folder = environment.get(f"{_PREFIX}KEY_FOLDER")
        return FileKeys(Path(folder) if folder else home)
    if name != "pkcs11":
        raise ProviderError(f"{_PREFIX}PROVIDER is `file` or `pkcs11`")
    # Imported here alone: a vault without a token needs no binding to one.
    from vault.token_keys import TokenKeys  # noqa: PLC0415 - as said

    return TokenKeys(
        _said(environment, "PKCS11_MODULE"), _said(environment, "PKCS11_TOKEN"), _pin(environment)
    )


def _said(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(f"{_PREFIX}{name}")
    if not value:
        raise ProviderError(f"{_PREFIX}{name} is missing")
    return value


def _pin(environment: Mapping[str, str]) -> str:
    file = environment.get(f"{_PREFIX}PKCS11_PIN_FILE")
    if not file:
        return _said(environment, "PKCS11_PIN")
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ProviderError(f"{_PREFIX}PKCS11_PIN_FILE can't be read ({type(error).__name__})") from None
