"""Signed notes (c2sp.org/signed-note) and the checkpoints written as such (c2sp.org/tlog-checkpoint).

Laws of this file:
1. A note is believed only through a key that the reader names. Lines of other keys are
   passed over; a line of the named key must verify, and one must be there.
2. One note has one form: base64 is decoded, encoded again and compared; sizes have no
   leading zero; a checkpoint of ours has three lines and its origin is the key's name.
3. Errors say what is wrong and repeat nothing of the note.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from audit.fields import MAX_INTEGER
from audit.proofs import HASH_BYTES

MAX_NOTE_CHARS = 64 * 1024
_ED25519 = b"\x01"
_DASH = "\N{EM DASH} "
_ID_BYTES = 4


class NoteError(Exception):
    """The text isn't a note, or not one that the named key signed."""


@dataclass(frozen=True)
class Head:
    """How far a ledger goes: the number of its entries and the root over them (32 bytes)."""

    size: int
    root: bytes


@dataclass(frozen=True)
class VerifierKey:
    """A public key with its name; its text form `<name>+<8 hex>+<base64>` is a vkey."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        """The first four bytes of SHA-256(name ‖ newline ‖ 0x01 ‖ public key)."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:_ID_BYTES]

    def text(self) -> str:
        """Return the vkey, without a newline."""
        return f"{self.name}+{self.id.hex()}+{_to_base64(_ED25519 + self.public)}"

    @staticmethod
    def parse(text: str) -> VerifierKey:
        """Read exactly what `text` writes. Raises NoteError."""
        name, _, rest = text.partition("+")
        key_id, _, encoded = rest.partition("+")
        typed = _from_base64(encoded, "the vkey's key")
        if typed[:1] != _ED25519 or len(typed) != 1 + HASH_BYTES:
            raise NoteError("the vkey isn't an Ed25519 key")
        key = VerifierKey(_checked_name(name), typed[1:])
        if key_id != key.id.hex():
            raise NoteError("the vkey's id doesn't fit its name and key")
        return key

    def check(self, body: str, signature: bytes) -> None:
        """Check a signature (64 bytes) over a note's body. Raises NoteError."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, body.encode())
        except (InvalidSignature, ValueError):
            raise NoteError("the signature doesn't verify") from None


@dataclass(frozen=True)
class SigningKey:
    """A private key with its name."""

    name: str
    private: Ed25519PrivateKey = field(repr=False)

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(_checked_name(self.name), self.private.public_key().public_bytes_raw())


def sign_note(body: str, name: str, private_key: Ed25519PrivateKey) -> str:
    """Return the note: the body (which ends with a newline) and one signature line under `name`."""
    if not body.endswith("\n") or _has_controls(body):
        raise NoteError("a note's body ends with a newline and has no other control characters")
    key = SigningKey(name, private_key).verifier
    return f"{body}\n{_DASH}{name} {_to_base64(key.id + private_key.sign(body.encode()))}\n"


def open_note(text: str, vkey: VerifierKey) -> str:
    """Return the body that `vkey` signed, with its final newline. Raises NoteError."""
    if len(text) > MAX_NOTE_CHARS:
        raise NoteError("the note is too long")
    if _has_controls(text):
        raise NoteError("the note has control characters")
    body, blank, lines = text.rpartition("\n\n")
    if not blank or not body or not lines.endswith("\n"):
        raise NoteError("the note lacks its blank line or its last newline")
    body += "\n"
    signed = False
    for line in lines[:-1].split("\n"):
        name, signature = _signature_line(line)
        if name == vkey.name and signature[:_ID_BYTES] == vkey.id:
            vkey.check(body, signature[_ID_BYTES:])
            signed = True
    if not signed:
        raise NoteError("the note has no signature of the named key")
    return body


def sign_checkpoint(origin: str, head: Head, key: SigningKey) -> str:
    """Return the signed checkpoint of a head; `key` must bear the origin's name."""
    if key.name != origin:
        raise NoteError("the key's name isn't the checkpoint's origin")
    body = f"{origin}\n{head.size}\n{_to_base64(head.root)}\n"
    _read_body(body, origin)
    return sign_note(body, key.name, key.private)


def read_checkpoint(text: str, vkey: VerifierKey) -> tuple[str, Head]:
    """Return origin and head of a checkpoint that `vkey` signed. Raises NoteError."""
    return _read_body(open_note(text, vkey), vkey.name)


def _read_body(body: str, name: str) -> tuple[str, Head]:
    try:
        origin, size, root = body.removesuffix("\n").split("\n")
    except ValueError:
        raise NoteError("a checkpoint has three lines: origin, size, root") from None
    if origin != name:
        raise NoteError("the checkpoint's origin isn't the key's name")
    if not re.fullmatch(r"0|[1-9][0-9]{0,15}", size, re.ASCII) or int(size) > MAX_INTEGER:
        raise NoteError("the checkpoint's size isn't a plain whole number")
    decoded = _from_base64(root, "the checkpoint's root")
    if len(decoded) != HASH_BYTES:
        raise NoteError("the checkpoint's root isn't 32 bytes long")
    return origin, Head(int(size), decoded)


def _signature_line(line: str) -> tuple[str, bytes]:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise NoteError("a signature line is malformed")
    signature = _from_base64(encoded, "a signature")
    if len(signature) <= _ID_BYTES:
        raise NoteError("a signature is too short")
    return _checked_name(name), signature


def _checked_name(name: str) -> str:
    if not name or "+" in name or any(each.isspace() for each in name) or _has_controls(name):
        raise NoteError("a key's name is empty or has a space, plus or control character")
    return name


def _has_controls(text: str) -> bool:
    """Say whether text has an ASCII control other than newline, or can't be written as UTF-8."""
    return bool(re.search("[\x00-\x09\x0b-\x1f\x7f\ud800-\udfff]", text))


def _to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _from_base64(text: str, what: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoteError(f"{what} isn't base64") from None
    # Python reads altered trailing bits as if they were nothing.
    if _to_base64(data) != text:
        raise NoteError(f"{what} isn't base64 in its one form")
    return data
