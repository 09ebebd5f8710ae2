"""Agile encryption: the bytes agree with an independent reader, and the key is a whole one."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from book.agile import SEGMENT_BYTES, MintedKey, decrypt_package, encrypt_package, open_key
from book.encryption_info import EncryptionInfo
from book.errors import SealBrokenError, WrongPassphraseError
from book.seal import seal
from book.spinning import spin
from tests.book.makers import a_minted_key
from tests.book.readers import (
    decrypt_with_msoffcrypto,
    encrypt_with_msoffcrypto,
    secret_key_with_msoffcrypto,
)

PADDING_OF_A_HALF_KEY = b"\x36" * 16


def _a_zip(size: int = 10_000) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types xmlns='http://schemas.openxmlformats.org/"
                         "package/2006/content-types'/>")  # fmt: skip
        archive.writestr("words", bytes(size))
    return out.getvalue()


@pytest.fixture(scope="module")
def sealed_package() -> tuple[EncryptionInfo, memoryview]:
    """Return one encrypted package of a few segments."""
    return encrypt_package(_a_zip(), a_minted_key())


def test_spin_is_the_formats_iterated_hash() -> None:
    """Two turns are two hashes of the turn's number and the hash before (MS-OFFCRYPTO 2.3.4.11)."""
    digest = hashlib.sha512(b"s" * 16 + "pä".encode("utf-16-le")).digest()
    for turn in (b"\0\0\0\0", b"\x01\0\0\0"):
        digest = hashlib.sha512(turn + digest).digest()

    assert digest == spin("pä", b"s" * 16, 2)


def test_an_independent_reader_opens_what_we_seal() -> None:
    """msoffcrypto-tool takes the passphrase, finds the HMAC right and gives the file back."""
    clear = _a_zip()

    assert clear == decrypt_with_msoffcrypto(seal(clear, a_minted_key()), a_minted_key().passphrase)


def test_the_secret_key_is_32_random_bytes() -> None:
    """Our keys are not 16 random bytes and padding, which is what the known tool makes."""
    ours = [
        secret_key_with_msoffcrypto(seal(_a_zip(), a_minted_key()), a_minted_key().passphrase)
        for _ in range(2)
    ]
    theirs = secret_key_with_msoffcrypto(encrypt_with_msoffcrypto(_a_zip(), "pass"), "pass")

    assert [len(key) for key in ours] == [32, 32]
    assert ours[0][:16] != ours[1][:16]
    assert ours[0][16:] != ours[1][16:]
    assert PADDING_OF_A_HALF_KEY not in {key[16:] for key in ours}
    assert theirs[16:] == PADDING_OF_A_HALF_KEY


def test_no_salt_or_key_is_used_twice() -> None:
    """Two seals of the same bytes under the same minted key share its salt and nothing else."""
    (first, first_package), (second, second_package) = (
        encrypt_package(_a_zip(), a_minted_key()) for _ in range(2)
    )

    assert first.key_salt == second.key_salt
    assert first_package != second_package
    assert all(
        getattr(first, field.name) != getattr(second, field.name)
        for field in dataclasses.fields(EncryptionInfo)
        if field.name not in {"key_salt", "spin_count"}
    )


@settings(max_examples=30)
@given(size=st.integers(0, 3 * SEGMENT_BYTES), seed=st.binary(min_size=1, max_size=64))
def test_any_length_comes_back(size: int, seed: bytes) -> None:
    """Files that end within a block or a segment come back to the byte."""
    clear = (seed * size)[:size]
    info, package = encrypt_package(clear, a_minted_key())

    assert clear == decrypt_package(info, open_key(info, a_minted_key().spun), package)


def test_another_spun_hash_opens_nothing(sealed_package: tuple[EncryptionInfo, memoryview]) -> None:
    """The verifier tells a wrong passphrase before anything is decrypted."""
    with pytest.raises(WrongPassphraseError):
        open_key(sealed_package[0], bytes(64))


@settings(max_examples=50)
@given(data=st.data())
def test_any_flipped_bit_breaks_the_seal(data: st.DataObject) -> None:
    """The HMAC covers every bit of the stream, the size in front included."""
    info, package = encrypt_package(b"words" * 1000, a_minted_key())
    changed = bytearray(package)
    changed[data.draw(st.integers(0, len(package) - 1))] ^= 1 << data.draw(st.integers(0, 7))

    with pytest.raises(SealBrokenError, match="HMAC"):
        decrypt_package(info, open_key(info, a_minted_key().spun), bytes(changed))


def test_a_minted_key_shows_nothing_of_itself() -> None:
    """A repr in a log or a traceback carries neither passphrase nor key."""
    key = MintedKey(passphrase="open-sesame", key_salt=b"salt" * 4, spun=b"spun" * 16)

    assert repr(key) == "MintedKey()"
