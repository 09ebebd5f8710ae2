"""ECMA-376 agile encryption (MS-OFFCRYPTO 2.3.4.10 to 2.3.4.15), ours in both directions.

Laws:
1. AES-256-CBC, SHA-512, segments of 4,096 bytes, each under its own IV; HMAC-SHA512 over the
   whole `EncryptedPackage` stream, the size in front included.
2. The secret key is 32 random bytes. (A known tool draws 16 and pads them with 0x36; a file of
   its making says AES-256 and holds 128 bits.)
3. Salts, verifier and HMAC key are fresh from `secrets` for each book; no value is used twice.
4. CBC has no integrity of its own: nothing is decrypted before the HMAC has held.

Every function is pure but for the randomness in `encrypt_package`.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import struct
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from book.encryption_info import SPIN_COUNT, EncryptionInfo
from book.errors import SealBrokenError, WrongPassphraseError

KEY_BYTES = 32
SALT_BYTES = 16
BLOCK_BYTES = 16
HASH_BYTES = 64
SEGMENT_BYTES = 4096
SIZE = struct.Struct("<Q")

# Block keys: the constants that give each derived key its use (2.3.4.13, 2.3.4.14).
_VERIFIER_INPUT = bytes.fromhex("fea7d2763b4b9e79")
_VERIFIER_HASH = bytes.fromhex("d7aa0f6d3061344e")
_KEY_VALUE = bytes.fromhex("146e0be7abacd0d6")
_HMAC_KEY = bytes.fromhex("5fb2ad010cb9e1f6")
_HMAC_VALUE = bytes.fromhex("a0677f02b22c8433")


@dataclass(frozen=True, kw_only=True)
class MintedKey:
    """A passphrase and what was derived from it ahead of need; in memory only, for one book.

    `spun` is the iterated hash (64 bytes) of `passphrase` under `key_salt` (16 bytes) at
    SPIN_COUNT turns. Nothing of it shows in a repr.
    """

    passphrase: str = field(repr=False)
    key_salt: bytes = field(repr=False)
    spun: bytes = field(repr=False)


def _derived(spun: bytes, block_key: bytes) -> bytes:
    return hashlib.sha512(spun + block_key).digest()[:KEY_BYTES]


def _iv(salt: bytes, block_key: bytes) -> bytes:
    return hashlib.sha512(salt + block_key).digest()[:BLOCK_BYTES]


def _encrypt(key: bytes, iv: bytes, clear: bytes) -> bytes:
    return Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor().update(clear)


def _decrypt(key: bytes, iv: bytes, sealed: bytes) -> bytes:
    return Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor().update(sealed)


def _number(block: bytes | memoryview) -> int:
    return int.from_bytes(block, "little")


def _segment_iv(salt: bytes, number: int) -> int:
    return _number(_iv(salt, number.to_bytes(4, "little")))


def _encrypt_segments(key: bytes, salt: bytes, source: memoryview, target: memoryview) -> None:
    """Encrypt each segment under its own IV; `target` has room for whole blocks and one more.

    One cipher serves all: in CBC an IV is what the first block is added to, and here that is the block
    before, which is taken off again. Setting up a cipher costs more than a segment does.
    """
    context = Cipher(algorithms.AES(key), modes.CBC(bytes(BLOCK_BYTES))).encryptor()
    before = 0
    for number, start in enumerate(range(0, len(source), SEGMENT_BYTES)):
        segment: memoryview | bytes = source[start : start + SEGMENT_BYTES]
        if padding := -len(segment) % BLOCK_BYTES:
            segment = bytes(segment) + bytes(padding)
        first = _number(segment[:BLOCK_BYTES]) ^ _segment_iv(salt, number) ^ before
        end = start + len(segment)
        context.update_into(first.to_bytes(BLOCK_BYTES, "little"), target[start : end + BLOCK_BYTES])
        context.update_into(segment[BLOCK_BYTES:], target[start + BLOCK_BYTES : end + BLOCK_BYTES])
        before = _number(target[end - BLOCK_BYTES : end])


def _decrypt_segments(key: bytes, salt: bytes, source: memoryview, target: memoryview) -> None:
    """Decrypt what `_encrypt_segments` made, of whole blocks: all at once, then mend first blocks."""
    context = Cipher(algorithms.AES(key), modes.CBC(bytes(BLOCK_BYTES))).decryptor()
    context.update_into(source, target)
    before = 0
    for number, start in enumerate(range(0, len(source), SEGMENT_BYTES)):
        first = _number(target[start : start + BLOCK_BYTES]) ^ _segment_iv(salt, number) ^ before
        target[start : start + BLOCK_BYTES] = first.to_bytes(BLOCK_BYTES, "little")
        end = start + SEGMENT_BYTES
        before = _number(source[end - BLOCK_BYTES : end])


def encrypt_package(clear: bytes, minted: MintedKey) -> tuple[EncryptionInfo, memoryview]:
    """Encrypt a whole file; returns what `EncryptionInfo` says and the stream `EncryptedPackage`."""
    key = secrets.token_bytes(KEY_BYTES)
    data_salt = secrets.token_bytes(SALT_BYTES)
    verifier = secrets.token_bytes(SALT_BYTES)
    hmac_key = secrets.token_bytes(HASH_BYTES)

    head = SIZE.size
    padded = len(clear) + -len(clear) % BLOCK_BYTES
    out = memoryview(bytearray(head + padded + BLOCK_BYTES))
    SIZE.pack_into(out, 0, len(clear))
    _encrypt_segments(key, data_salt, memoryview(clear), out[head:])
    package = out[: head + padded]

    salt, spun = minted.key_salt, minted.spun
    info = EncryptionInfo(
        data_salt=data_salt,
        encrypted_hmac_key=_encrypt(key, _iv(data_salt, _HMAC_KEY), hmac_key),
        encrypted_hmac_value=_encrypt(
            key, _iv(data_salt, _HMAC_VALUE), hmac.digest(hmac_key, package, "sha512")
        ),
        spin_count=SPIN_COUNT,
        key_salt=salt,
        encrypted_verifier_input=_encrypt(_derived(spun, _VERIFIER_INPUT), salt, verifier),
        encrypted_verifier_hash=_encrypt(
            _derived(spun, _VERIFIER_HASH), salt, hashlib.sha512(verifier).digest()
        ),
        encrypted_key=_encrypt(_derived(spun, _KEY_VALUE), salt, key),
    )
    return info, package


def open_key(info: EncryptionInfo, spun: bytes) -> bytes:
    """Unwrap the secret key (32 bytes); WrongPassphraseError when the verifier does not hold."""
    salt = info.key_salt
    verifier = _decrypt(_derived(spun, _VERIFIER_INPUT), salt, info.encrypted_verifier_input)
    expected = _decrypt(_derived(spun, _VERIFIER_HASH), salt, info.encrypted_verifier_hash)
    if not hmac.compare_digest(hashlib.sha512(verifier).digest(), expected):
        raise WrongPassphraseError
    return _decrypt(_derived(spun, _KEY_VALUE), salt, info.encrypted_key)


def decrypt_package(info: EncryptionInfo, key: bytes, package: bytes | memoryview) -> bytearray:
    """Check the HMAC, then decrypt; SealBrokenError when a bit of the stream was changed."""
    head = SIZE.size
    hmac_key = _decrypt(key, _iv(info.data_salt, _HMAC_KEY), info.encrypted_hmac_key)
    expected = _decrypt(key, _iv(info.data_salt, _HMAC_VALUE), info.encrypted_hmac_value)
    if not hmac.compare_digest(hmac.digest(hmac_key, package, "sha512"), expected):
        raise SealBrokenError("the sealed bytes were changed: their HMAC does not hold")
    padded = len(package) - head
    if padded < 0 or padded % BLOCK_BYTES:
        raise SealBrokenError("the sealed bytes are not whole blocks")
    (size,) = SIZE.unpack_from(package)
    if not padded - SEGMENT_BYTES < size <= padded:
        raise SealBrokenError("the sealed bytes are not as long as they say")
    out = bytearray(padded + BLOCK_BYTES)
    with memoryview(out) as target:
        _decrypt_segments(key, info.data_salt, memoryview(package)[head:], target)
    del out[size:]
    return out
