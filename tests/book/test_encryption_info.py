"""EncryptionInfo is written as Office writes it, and read with no leniency."""

from __future__ import annotations

import pytest

from book.encryption_info import MAX_INFO_BYTES, EncryptionInfo, read_info, write_info
from book.errors import SealBrokenError

INFO = EncryptionInfo(
    data_salt=bytes(16),
    encrypted_hmac_key=b"\x01" * 64,
    encrypted_hmac_value=b"\x02" * 64,
    spin_count=100_000,
    key_salt=b"\x03" * 16,
    encrypted_verifier_input=b"\x04" * 16,
    encrypted_verifier_hash=b"\x05" * 64,
    encrypted_key=b"\x06" * 32,
)
WRITTEN = write_info(INFO)
IN_OFFICES_FORM = (
    b"\x04\x00\x04\x00\x40\x00\x00\x00"
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'
    b'<encryption xmlns="http://schemas.microsoft.com/office/2006/encryption"'
    b' xmlns:p="http://schemas.microsoft.com/office/2006/keyEncryptor/password"'
    b' xmlns:c="http://schemas.microsoft.com/office/2006/keyEncryptor/certificate">'
    b'<keyData saltSize="16" blockSize="16" keyBits="256" hashSize="64" cipherAlgorithm="AES"'
    b' cipherChaining="ChainingModeCBC" hashAlgorithm="SHA512" saltValue="AAAAAAAAAAAAAAAAAAAAAA=="/>'
    b'<dataIntegrity encryptedHmacKey="'
)


def test_it_is_written_in_offices_form() -> None:
    """Header, declaration, name spaces and the order of attributes are Office's."""
    assert WRITTEN[: len(IN_OFFICES_FORM)] == IN_OFFICES_FORM
    assert b'<p:encryptedKey spinCount="100000" saltSize="16" blockSize="16" keyBits="256"' in WRITTEN


def test_what_was_written_is_read_back() -> None:
    """Reading undoes writing."""
    assert read_info(WRITTEN) == INFO


CHANGES = {
    "another version": (b"\x04\x00\x04\x00", b"\x04\x00\x02\x00"),
    "external provider": (b"\x40\x00\x00\x00", b"\x50\x00\x00\x00"),
    "AES-128": (b'keyBits="256"', b'keyBits="128"'),
    "SHA-1": (b'hashAlgorithm="SHA512"', b'hashAlgorithm="SHA1"'),
    "another cipher": (b'cipherAlgorithm="AES"', b'cipherAlgorithm="RC2"'),
    "another chaining": (b"ChainingModeCBC", b"ChainingModeCFB"),
    "another salt size": (b'saltSize="16"', b'saltSize="08"'),
    "no cipher": (b' cipherAlgorithm="AES"', b""),
    "a spin count over the limit": (b'"100000"', b'"10000001"'),
    "a spin count of many digits": (b'"100000"', b'"' + b"9" * 5000 + b'"'),
    "a negative spin count": (b'"100000"', b'"-1"'),
    "no spin count": (b' spinCount="100000"', b""),
    "a salt of other length": (b'"AAAAAAAAAAAAAAAAAAAAAA=="', b'"AAAAAAAA"'),
    "base64 with other trailing bits": (b'"AAAAAAAAAAAAAAAAAAAAAA=="', b'"AAAAAAAAAAAAAAAAAAAAAB=="'),
    "base64 with blanks": (b'"AAAAAAAAAAAAAAAAAAAAAA=="', b'"AAAAAAAAAAAAAAAAAAAAAA== "'),
    "base64 that isn't ASCII": (b'"AAAAAAAAAAAAAAAAAAAAAA=="', '"é"'.encode()),
    "a certificate's encryptor": (b'keyEncryptor uri="http://schemas.microsoft.com/office/2006/keyEncryptor/password"',
                                  b'keyEncryptor uri="http://schemas.microsoft.com/office/2006/keyEncryptor/certificate"'),
    "another root": (b"encryption xmlns=", b"encryption xmlns:q="),
    "a document type": (b"<encryption", b'<!DOCTYPE e [<!ENTITY a "aaaa">]><encryption'),
    "a second keyData": (b"<dataIntegrity", b"<keyData/><dataIntegrity"),
    "no integrity": (b"dataIntegrity", b"dataintegrity"),
    "an attribute besides": (b' spinCount="100000"', b' spinCount="100000" hint="x"'),
    "an attribute of the root": (b"<encryption ", b'<encryption version="4" '),
    "an attribute of the integrity": (b"<dataIntegrity ", b'<dataIntegrity saltSize="16" '),
    "an element besides": (b"</encryption>", b"<more/></encryption>"),
    "an element within": (b"/><dataIntegrity", b"><more/></keyData><dataIntegrity"),
    "text between": (b"/><dataIntegrity", b"/>text<dataIntegrity"),
    "text within": (b"<keyEncryptors>", b"<keyEncryptors>text"),
    "two encryptors": (b"</keyEncryptors>", b"<keyEncryptor/></keyEncryptors>"),
    "integrity before the key's data": (b"<keyData", b"<dataIntegrity/><keyData"),
    "a reserved field that isn't": (b"\x40\x00\x00\x00", b"\x40\x00\x00\x01"),
    "another encoding": (b"UTF-8", b"UTF-7"),
    "not UTF-8": (b"SHA512", b"\xff\xfe"),
    "not XML": (b"</encryption>", b"</encryption"),
    "too long": (b"</encryption>", b" " * MAX_INFO_BYTES + b"</encryption>"),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_anything_else_is_broken(change: str) -> None:
    """Weaker ciphers, other forms, and XML that could grow are refused."""
    before, after = CHANGES[change]
    data = WRITTEN.replace(before, after)

    assert data != WRITTEN
    with pytest.raises(SealBrokenError):
        read_info(data)
