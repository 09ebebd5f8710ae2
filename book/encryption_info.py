"""The stream `EncryptionInfo` of an agile file (MS-OFFCRYPTO 2.3.4.10): written and read here only.

Laws:
1. Written byte for byte in Office's form: version 4.4, flags 0x40, XML in one line after the
   declaration, attributes in Office's order.
2. Read strictly: the elements and attributes of MS-OFFCRYPTO's schema, each once, in its order, and
   none besides; exactly AES-256-CBC and SHA-512 with the sizes that go with them, one password key
   encryptor, canonical base64 of the right lengths. Weaker ciphers are refused, not opened.
3. The spin count is read before anything is derived and is capped at 10,000,000 (the format's
   own limit), so that a crafted file can't hang the reader.
4. No document type, no entities, at most 16 KiB: nothing in the XML can grow.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Collection
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from book.errors import SealBrokenError

SPIN_COUNT = 100_000
MAX_SPIN_COUNT = 10_000_000
MAX_INFO_BYTES = 16_384

_HEAD = struct.pack("<HHI", 4, 4, 0x40)
_NS = "http://schemas.microsoft.com/office/2006/encryption"
_NS_PASSWORD = "http://schemas.microsoft.com/office/2006/keyEncryptor/password"  # noqa: S105  a namespace
_NS_CERTIFICATE = "http://schemas.microsoft.com/office/2006/keyEncryptor/certificate"
_CIPHER = {
    "saltSize": "16",
    "blockSize": "16",
    "keyBits": "256",
    "hashSize": "64",
    "cipherAlgorithm": "AES",
    "cipherChaining": "ChainingModeCBC",
    "hashAlgorithm": "SHA512",
}


@dataclass(frozen=True, kw_only=True)
class EncryptionInfo:
    """What a reader needs besides the passphrase. Salts 16 bytes, values as encrypted."""

    data_salt: bytes
    encrypted_hmac_key: bytes
    encrypted_hmac_value: bytes
    spin_count: int
    key_salt: bytes
    encrypted_verifier_input: bytes
    encrypted_verifier_hash: bytes
    encrypted_key: bytes


_LENGTHS = {
    "data_salt": 16,
    "encrypted_hmac_key": 64,
    "encrypted_hmac_value": 64,
    "key_salt": 16,
    "encrypted_verifier_input": 16,
    "encrypted_verifier_hash": 64,
    "encrypted_key": 32,
}


def _attributes(pairs: dict[str, str]) -> str:
    return "".join(f' {name}="{value}"' for name, value in pairs.items())


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def write_info(info: EncryptionInfo) -> bytes:
    """Write the stream as Office does."""
    key_data = _attributes(_CIPHER | {"saltValue": _base64(info.data_salt)})
    integrity = _attributes(
        {
            "encryptedHmacKey": _base64(info.encrypted_hmac_key),
            "encryptedHmacValue": _base64(info.encrypted_hmac_value),
        }
    )
    key = _attributes(
        {"spinCount": str(info.spin_count)}
        | _CIPHER
        | {
            "saltValue": _base64(info.key_salt),
            "encryptedVerifierHashInput": _base64(info.encrypted_verifier_input),
            "encryptedVerifierHashValue": _base64(info.encrypted_verifier_hash),
            "encryptedKeyValue": _base64(info.encrypted_key),
        }
    )
    xml = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'
        f'<encryption xmlns="{_NS}" xmlns:p="{_NS_PASSWORD}" xmlns:c="{_NS_CERTIFICATE}">'
        f"<keyData{key_data}/><dataIntegrity{integrity}/>"
        f'<keyEncryptors><keyEncryptor uri="{_NS_PASSWORD}"><p:encryptedKey{key}/></keyEncryptor>'
        "</keyEncryptors></encryption>"
    )
    return _HEAD + xml.encode("ascii")


def _parse(data: bytes) -> ET.Element:
    if len(data) > MAX_INFO_BYTES:
        raise SealBrokenError("EncryptionInfo is too long")
    if data[: len(_HEAD)] != _HEAD:
        raise SealBrokenError("EncryptionInfo is not that of an agile file")
    try:
        text = data[len(_HEAD) :].decode("utf-8")
        if "<!" in text:
            raise SealBrokenError("EncryptionInfo holds more than elements")
        return ET.fromstring(text.encode())  # noqa: S314  no document type can be in it (law 4)
    except (UnicodeDecodeError, ValueError, LookupError, ET.ParseError):
        raise SealBrokenError("EncryptionInfo is not XML") from None


def _children(parent: ET.Element, *tags: str) -> list[ET.Element]:
    """Return the element's children, which are these and no others, with nothing around them."""
    children = list(parent)
    if [child.tag for child in children] != list(tags):
        raise SealBrokenError("EncryptionInfo does not have each of its elements once")
    if any((text or "").strip() for text in (parent.text, *(child.tail for child in children))):
        raise SealBrokenError("EncryptionInfo holds more than elements")
    return children


def _check_attributes(element: ET.Element, names: Collection[str]) -> None:
    if set(element.keys()) != set(names):
        raise SealBrokenError("EncryptionInfo does not have each of its attributes, and no others")


def _check_cipher(element: ET.Element) -> None:
    for name, value in _CIPHER.items():
        if element.get(name) != value:
            raise SealBrokenError(f"EncryptionInfo: {name} is not {value}")


def _bytes(element: ET.Element, attribute: str, length: int) -> bytes:
    text = element.get(attribute, "")
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise SealBrokenError(f"EncryptionInfo: {attribute} is not base64") from None
    if len(value) != length or _base64(value) != text:
        raise SealBrokenError(f"EncryptionInfo: {attribute} is not {length} bytes in base64")
    return value


def _spin_count(element: ET.Element) -> int:
    text = element.get("spinCount", "")
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MAX_SPIN_COUNT))):
        raise SealBrokenError("EncryptionInfo: spinCount is not a number within the format's limit")
    if int(text) > MAX_SPIN_COUNT:
        raise SealBrokenError("EncryptionInfo: spinCount is over the format's limit")
    return int(text)


def read_info(data: bytes) -> EncryptionInfo:
    """Read the stream; SealBrokenError names what is not as it must be."""
    root = _parse(data)
    if root.tag != f"{{{_NS}}}encryption":
        raise SealBrokenError("EncryptionInfo is not that of an agile file")
    _check_attributes(root, ())
    key_data, integrity, encryptors = _children(
        root, f"{{{_NS}}}keyData", f"{{{_NS}}}dataIntegrity", f"{{{_NS}}}keyEncryptors"
    )
    _check_attributes(encryptors, ())
    (encryptor,) = _children(encryptors, f"{{{_NS}}}keyEncryptor")
    _check_attributes(encryptor, ("uri",))
    if encryptor.get("uri") != _NS_PASSWORD:
        raise SealBrokenError("EncryptionInfo: the key is not under a passphrase")
    (key,) = _children(encryptor, f"{{{_NS_PASSWORD}}}encryptedKey")
    for element in (key_data, integrity, key):
        _children(element)
    _check_cipher(key_data)
    _check_cipher(key)
    sources = {
        "data_salt": (key_data, "saltValue"),
        "encrypted_hmac_key": (integrity, "encryptedHmacKey"),
        "encrypted_hmac_value": (integrity, "encryptedHmacValue"),
        "key_salt": (key, "saltValue"),
        "encrypted_verifier_input": (key, "encryptedVerifierHashInput"),
        "encrypted_verifier_hash": (key, "encryptedVerifierHashValue"),
        "encrypted_key": (key, "encryptedKeyValue"),
    }
    for element, names in ((key_data, _CIPHER), (integrity, ()), (key, ("spinCount", *_CIPHER))):
        own = {attribute for holder, attribute in sources.values() if holder is element}
        _check_attributes(element, {*names, *own})
    values = {
        name: _bytes(element, attribute, _LENGTHS[name]) for name, (element, attribute) in sources.items()
    }
    return EncryptionInfo(spin_count=_spin_count(key), **values)
