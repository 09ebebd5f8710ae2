"""The provider `pkcs11`: wrapping keys inside a token, which encrypts and decrypts itself.

Laws: a key is a secret AES key object of the token, labelled `sealedbook-wrapping`, sensitive and
not extractable; its id is the key's id. Only AES-GCM (CKM_AES_GCM) is asked of the token. One
session serves the process; a token that went away is a ProviderError until the vault starts again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pkcs11
from pkcs11 import Attribute, GCMParams, KeyType, Mechanism, ObjectClass

from vault.wrapping import TAG_BYTES, WRAPPING_KEY_BYTES, ProviderError, WrapError

LABEL = "sealedbook-wrapping"
_TEMPLATE: dict[Attribute, Any] = {
    Attribute.TOKEN: True,
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
    Attribute.ENCRYPT: True,
    Attribute.DECRYPT: True,
}
# SoftHSM answers a wrong tag with CKR_GENERAL_ERROR; others with one of the first two.
_ALTERED = (
    pkcs11.exceptions.EncryptedDataInvalid,
    pkcs11.exceptions.EncryptedDataLenRange,
    pkcs11.exceptions.GeneralError,
)


@contextmanager
def _asking() -> Iterator[None]:
    try:
        yield
    except pkcs11.exceptions.PKCS11Error as error:
        # The class alone says which return value it was; messages of modules are anybody's.
        raise ProviderError(f"the PKCS#11 token refused ({type(error).__name__})") from None


class _TokenKey:
    """A handle of one key in the token."""

    def __init__(self, key: Any) -> None:
        self._key = key

    def encrypt(self, nonce: bytes, clear: bytes, associated: bytes) -> bytes:
        """Return ciphertext and tag, as the token makes them."""
        with _asking():
            return bytes(
                self._key.encrypt(clear, mechanism=Mechanism.AES_GCM, mechanism_param=_gcm(nonce, associated))
            )

    def decrypt(self, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
        """Return the clear bytes."""
        with _asking():
            try:
                return bytes(
                    self._key.decrypt(
                        sealed, mechanism=Mechanism.AES_GCM, mechanism_param=_gcm(nonce, associated)
                    )
                )
            except _ALTERED:
                raise WrapError("these bytes don't open under this name and key") from None


def _gcm(nonce: bytes, associated: bytes) -> GCMParams:
    return GCMParams(nonce=nonce, aad=associated, tag_bits=8 * TAG_BYTES)


def _signed_in(token: Any, pin: str) -> Any:
    try:
        return token.open(rw=True, user_pin=pin)
    except pkcs11.exceptions.UserAlreadyLoggedIn:
        # All sessions of a process share its login.
        return token.open(rw=True)


class TokenKeys:
    """Wrapping keys in the token of a label, behind a PKCS#11 module."""

    name = "pkcs11"

    def __init__(self, module: str, token_label: str, pin: str) -> None:
        """Open a session, or raise ProviderError: no module, no such token, a wrong PIN."""
        try:
            token = pkcs11.lib(module).get_token(token_label=token_label)
            self._session = _signed_in(token, pin)
        except (pkcs11.exceptions.PKCS11Error, RuntimeError, OSError) as error:
            raise ProviderError(
                f"the PKCS#11 token can't be opened ({type(error).__name__}): look at "
                "SEALEDBOOK_VAULT_PKCS11_MODULE, SEALEDBOOK_VAULT_PKCS11_TOKEN and the PIN"
            ) from None

    def make(self, key_id: str) -> None:
        """Have the token make a key that never leaves it."""
        with _asking():
            self._session.generate_key(
                KeyType.AES,
                8 * WRAPPING_KEY_BYTES,
                id=bytes.fromhex(key_id),
                label=LABEL,
                store=True,
                template=_TEMPLATE,
            )

    def take(self, key_id: str, key: bytes) -> None:
        """Put a key into the token, from where it can't be read back."""
        named = {Attribute.ID: bytes.fromhex(key_id), Attribute.LABEL: LABEL, Attribute.VALUE: key}
        kind = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.AES}
        with _asking():
            self._session.create_object({**kind, **named, **_TEMPLATE})

    def key(self, key_id: str) -> _TokenKey:
        """Return a key by its id."""
        found = self._find(key_id)
        if not found:
            raise ProviderError(
                f"the token has no wrapping key {key_id}: connect the right one, or rebuild the key from "
                "recovery shares with `sealedbook vault rebuild`"
            )
        return _TokenKey(found[0])

    def ids(self) -> list[str]:
        """Return the ids of all wrapping keys in the token."""
        with _asking():
            return sorted(key[Attribute.ID].hex() for key in self._find())

    def destroy(self, key_id: str) -> None:
        """Have the token destroy a key."""
        with _asking():
            for key in self._find(key_id):
                key.destroy()

    def _find(self, key_id: str | None = None) -> list[Any]:
        wanted: dict[Attribute, Any] = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.LABEL: LABEL}
        if key_id is not None:
            wanted[Attribute.ID] = bytes.fromhex(key_id)
        with _asking():
            return list(self._session.get_objects(wanted))
