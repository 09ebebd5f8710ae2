"""Signed notes (c2sp.org/signed-note): a text, a blank line, and lines with signatures over the text.

Laws of this file:
1. A note is believed only through a key that the reader names. Lines of other keys are
   passed over; a line of the named key must verify, and one must be there.
2. One note has one form: base64 is decoded, encoded again and compared.
3. Errors say what is wrong and repeat nothing of the note.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from enum import IntEnum
from hashlib import sha256
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

MAX_NOTE_CHARS: Final = 128 * 1024
"""Room for sixteen of the longest signatures, which every reader must accept."""

PUBLIC_BYTES: Final = 32
_DASH = "\N{EM DASH} "
_ID_BYTES = 4


class NoteError(Exception):
    """The text isn't a note, or not one that the named key signed."""


class SignatureType(IntEnum):
    """What kind of signature a key makes; the byte is part of its id and of its vkey."""

    ED25519 = 0x01
    COSIGNATURE = 0x04


class Signature(NamedTuple):
    """One signature line: whose it says it is, and the bytes after the key's id."""

    name: str
    key_id: bytes
    data: bytes


class Note(NamedTuple):
    """A note taken apart, nothing of it verified; `body` has its final newline."""

    body: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True)
class VerifierKey:
    """A public key with its name; its text form `<name>+<8 hex>+<base64>` is a vkey."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        """The first four bytes of SHA-256(name ‖ newline ‖ 0x01 ‖ public key)."""
        return key_id(self.name, SignatureType.ED25519, self.public)

    def text(self) -> str:
        """Return the vkey, without a newline."""
        return write_vkey(self.name, SignatureType.ED25519, self.public)

    @staticmethod
    def parse(text: str) -> VerifierKey:
        """Read exactly what `text` writes. Raises NoteError."""
        return VerifierKey(*read_vkey(text, SignatureType.ED25519))

    def check(self, body: str, signature: bytes) -> None:
        """Check a signature (64 bytes) over a note's body. Raises NoteError."""
        check_signature(self.public, signature, body.encode())


@dataclass(frozen=True)
class SigningKey:
    """A private key with its name."""

    name: str
    private: Ed25519PrivateKey = field(repr=False)

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(checked_name(self.name), self.private.public_key().public_bytes_raw())


def sign_note(body: str, name: str, private_key: Ed25519PrivateKey) -> str:
    """Return the note: the body (which ends with a newline) and one signature line under `name`."""
    if not body.endswith("\n") or _has_controls(body):
        raise NoteError("a note's body ends with a newline and has no other control characters")
    key = SigningKey(name, private_key).verifier
    return join_note(Note(body, (Signature(name, key.id, private_key.sign(body.encode())),)))


def open_note(text: str, vkey: VerifierKey) -> str:
    """Return the body that `vkey` signed, with its final newline. Raises NoteError."""
    note = split_note(text)
    found = signatures_of(note, vkey.name, vkey.id)
    for signature in found:
        vkey.check(note.body, signature)
    if not found:
        raise NoteError("the note has no signature of the named key")
    return note.body


def split_note(text: str) -> Note:
    """Take a note apart, strictly, and verify nothing. Raises NoteError."""
    if len(text) > MAX_NOTE_CHARS:
        raise NoteError("the note is too long")
    if _has_controls(text):
        raise NoteError("the note has control characters")
    body, blank, lines = text.rpartition("\n\n")
    if not blank or not body or not lines.endswith("\n"):
        raise NoteError("the note lacks its blank line or its last newline")
    return Note(body + "\n", tuple(_signature_line(line) for line in lines[:-1].split("\n")))


def join_note(note: Note) -> str:
    """Write exactly what `split_note` takes apart."""
    lines = (f"{_DASH}{each.name} {to_base64(each.key_id + each.data)}\n" for each in note.signatures)
    return f"{note.body}\n{''.join(lines)}"


def signatures_of(note: Note, name: str, identity: bytes) -> list[bytes]:
    """Return the signatures that claim to be of the key with this name and id."""
    return [each.data for each in note.signatures if (each.name, each.key_id) == (name, identity)]


def check_signature(public: bytes, signature: bytes, message: bytes) -> None:
    """Check an Ed25519 signature (RFC 8032). Raises NoteError."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise NoteError("the signature doesn't verify") from None


def key_id(name: str, kind: SignatureType, public: bytes) -> bytes:
    """Return the first four bytes of SHA-256(name ‖ newline ‖ type ‖ public key)."""
    return sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:_ID_BYTES]


def write_vkey(name: str, kind: SignatureType, public: bytes) -> str:
    """Return `<name>+<8 hex>+<base64(type ‖ public key)>`, without a newline."""
    return f"{name}+{key_id(name, kind, public).hex()}+{to_base64(bytes([kind]) + public)}"


def read_vkey(text: str, kind: SignatureType) -> tuple[str, bytes]:
    """Return name and public key of a vkey of this kind. Raises NoteError."""
    name, _, rest = text.partition("+")
    identity, _, encoded = rest.partition("+")
    typed = from_base64(encoded, "the vkey's key")
    if typed[:1] != bytes([kind]) or len(typed) != 1 + PUBLIC_BYTES:
        raise NoteError(f"the vkey isn't {_KINDS[kind]}")
    if identity != key_id(checked_name(name), kind, typed[1:]).hex():
        raise NoteError("the vkey's id doesn't fit its name and key")
    return name, typed[1:]


def checked_name(name: str) -> str:
    """Return a key's name if it can be one. Raises NoteError."""
    if not name or "+" in name or any(each.isspace() for each in name) or _has_controls(name):
        raise NoteError("a key's name is empty or has a space, plus or control character")
    return name


def to_base64(data: bytes) -> str:
    """Write base64 (RFC 4648, section 4) with padding."""
    return base64.b64encode(data).decode("ascii")


def from_base64(text: str, what: str) -> bytes:
    """Read exactly what `to_base64` writes. Raises NoteError, which calls it `what`."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoteError(f"{what} isn't base64") from None
    # Python reads altered trailing bits as if they were nothing.
    if to_base64(data) != text:
        raise NoteError(f"{what} isn't base64 in its one form")
    return data


def _signature_line(line: str) -> Signature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise NoteError("a signature line is malformed")
    signature = from_base64(encoded, "a signature")
    if len(signature) <= _ID_BYTES:
        raise NoteError("a signature is too short")
    return Signature(checked_name(name), signature[:_ID_BYTES], signature[_ID_BYTES:])


def _has_controls(text: str) -> bool:
    """Say whether text has an ASCII control other than newline, or can't be written as UTF-8."""
    return bool(re.search("[\x00-\x09\x0b-\x1f\x7f\ud800-\udfff]", text))


_KINDS = {
    SignatureType.ED25519: "an Ed25519 key",
    SignatureType.COSIGNATURE: "a witness's key",
}
